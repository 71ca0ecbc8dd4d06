package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/approval/approvaltest"
	"dbbot/ops/store"
)

var (
	ana      = ops.PersonID{Team: team, User: "U0ANA"}
	lee, mia = ops.PersonID{Team: team, User: "U0LEE"}, ops.PersonID{Team: team, User: "U0MIA"}
)

// mailbox is a vault with an outbox, as the state database keeps one.
type mailbox struct {
	*vault
	announce func(approval.Move) []store.Message
	seen     int // moves whose messages are in
	mail     []*mail
	lost     []string                // what was given up, and why
	away     func(call string) error // what the state database answers; nil: it works
}

type mail struct {
	store.Message
	leased time.Time
	given  bool // up
	posts  int
}

// pump puts the messages of new moves into the outbox, as their transactions would.
func (b *mailbox) pump() {
	moves := b.Moves()
	for _, move := range moves[b.seen:] {
		r := move.After
		if move.Before.ID == 0 {
			b.add(store.Message{Key: "card " + r.ID.String(), Request: r.ID, Kind: store.Card, To: r.Origin.Channel, Thread: r.Origin.Thread, Token: newToken()})
		} else {
			b.card(r.ID).Wanted++
		}
		for _, m := range b.announce(move) {
			b.add(m)
		}
	}
	b.seen = len(moves)
}

func (b *mailbox) add(m store.Message) {
	m.ID, m.Wanted, m.Created = int64(len(b.mail)+1), 1, b.Now()
	b.mail = append(b.mail, &mail{Message: m})
}

func (b *mailbox) card(id approval.ID) *mail {
	for _, m := range b.mail {
		if m.Kind == store.Card && m.Request == id {
			return m
		}
	}
	return nil
}

func (b *mailbox) fails(call string) error {
	if b.away == nil {
		return nil
	}
	return b.away(call)
}

func (b *mailbox) Lease(ctx context.Context, message int64, lease time.Duration) (store.Message, approval.Request, bool, error) {
	b.pump()
	m := b.mail[message-1]
	if err := b.fails("lease"); err != nil || m.given || m.Sent >= m.Wanted || b.Now().Before(m.leased) {
		return store.Message{}, approval.Request{}, false, err
	}
	m.leased, m.Turn, m.Tried, m.Quiet = b.Now().Add(lease), m.Turn+1, m.Stamp == "" && m.posts > 0, 0
	if m.Stamp == "" {
		m.posts++
	}
	if !m.SentAt.IsZero() {
		m.Quiet = b.Now().Sub(m.SentAt)
	}
	r := approval.Request{}
	if m.Kind == store.Card {
		r, _ = b.Get(ctx, m.Request)
	}
	return m.Message, r, true, nil
}

// own gives the message if the lease of m is still the last one.
func (b *mailbox) own(m store.Message) *mail {
	kept := b.mail[m.ID-1]
	if kept.Turn != m.Turn {
		return &mail{}
	}
	return kept
}

func (b *mailbox) Placed(_ context.Context, m store.Message, shown int64) (bool, error) {
	b.pump()
	if err := b.fails("placed"); err != nil {
		return false, err
	}
	kept := b.own(m)
	kept.Channel, kept.Stamp, kept.Link, kept.Sent, kept.SentAt = m.Channel, m.Stamp, m.Link, shown, b.Now()
	kept.leased, kept.posts, kept.Attempts = time.Time{}, 0, 0
	b.Bind(m.Token, m.Request, approvaltest.Surface{Channel: m.Channel, Message: m.Stamp})
	return kept.Sent < kept.Wanted, nil
}

func (b *mailbox) Postpone(_ context.Context, m store.Message, why string) error {
	kept := b.own(m)
	kept.leased, kept.posts = time.Time{}, 0
	if m.Tried {
		kept.posts = 1
	}
	if why != "" {
		kept.Attempts++
	}
	return b.fails("postpone")
}

func (b *mailbox) Unsayable(_ context.Context, m store.Message, why string) error {
	b.own(m).given = true
	b.lost = append(b.lost, string(m.Kind)+" to "+m.To+": "+why)
	return b.fails("unsayable")
}

func (b *mailbox) Redirect(_ context.Context, m store.Message, to string) error {
	kept := b.own(m)
	kept.To, kept.Thread, kept.Channel, kept.Stamp, kept.Link, kept.Sent, kept.posts, kept.Attempts, kept.leased = to, "", "", "", "", 0, 0, 0, time.Time{}
	return b.fails("redirect")
}

func (b *mailbox) Card(_ context.Context, id approval.ID) (store.Message, error) {
	if card := b.card(id); card != nil {
		return card.Message, b.fails("card")
	}
	return store.Message{}, approval.ErrUnknown
}

// hall is a workspace in which every call may fail, and in which nothing is forgotten.
type hall struct {
	*room
	notes []*note
	files []string
	calls int
	fate  func(call, channel string) error // nil: all goes well. errDone: it was done, and nobody hears of it
}

// note is a message that stands somewhere.
type note struct {
	Address
	key, stamp, text string
	buttons          []string
	token            string
	edits            []time.Time
	at               time.Time
	deleted          bool
}

// errDone is ErrUnsure after it was done.
var errDone = fmt.Errorf("done, and not heard of: %w", ErrUnsure)

func (h *hall) meets(call, channel string) error {
	h.calls++
	if h.fate == nil {
		return nil
	}
	return h.fate(call, channel)
}

func (n *note) show(p Post) {
	n.text, n.token, n.buttons = p.View.Text(), p.Token, nil
	for _, b := range p.View.Buttons {
		n.buttons = append(n.buttons, b.Name)
	}
}

func (h *hall) Post(_ context.Context, to Address, key string, post Post) (Posted, error) {
	err := h.meets("post", to.Channel)
	if err != nil && !errors.Is(err, errDone) {
		return Posted{}, err
	}
	n := &note{Address: to, key: key, stamp: fmt.Sprintf("%d.0", len(h.notes)+1), at: time.Now().Add(-behind)}
	n.show(post)
	h.notes = append(h.notes, n)
	return h.place(n), err
}

func (h *hall) place(n *note) Posted {
	return Posted{Channel: n.Channel, Stamp: n.stamp, Link: "https://demo.example/" + n.Channel + "/" + n.stamp}
}

func (h *hall) Edit(_ context.Context, at Posted, post Post) error {
	err := h.meets("edit", at.Channel)
	if errors.Is(err, ErrGone) {
		h.remove(at)
	}
	if err != nil && !errors.Is(err, errDone) {
		return err
	}
	for _, n := range h.notes {
		if n.Channel == at.Channel && n.stamp == at.Stamp && !n.deleted {
			n.show(post)
			n.edits = append(n.edits, time.Now())
			return err
		}
	}
	return ErrGone
}

// behind is how much Slack's clock is, here.
const behind = 30 * time.Second

func (h *hall) Find(_ context.Context, to Address, key string, since time.Time) (Posted, bool, error) {
	if err := h.meets("find", to.Channel); err != nil {
		return Posted{}, false, err
	}
	for _, n := range slices.Backward(h.notes) { // as Slack reads a channel: the newest first
		if n.Channel == to.Channel && n.key == key && !n.deleted && !n.at.Before(since) {
			return h.place(n), true, nil
		}
	}
	return Posted{}, false, nil
}

// remove is somebody deleting a message.
func (h *hall) remove(at Posted) {
	for _, n := range h.notes {
		n.deleted = n.deleted || n.Channel == at.Channel && n.stamp == at.Stamp
	}
}

func (h *hall) Attach(_ context.Context, to Posted, name, title string, content []byte) error {
	err := h.meets("attach", to.Channel)
	if err == nil {
		h.files = append(h.files, fmt.Sprintf("%s %s (%s), %d bytes", to.Stamp, name, title, len(content)))
	}
	return err
}

// by gives what stands under a key, oldest first.
func (h *hall) by(key string) (all []*note) {
	for _, n := range h.notes {
		if n.key == key && !n.deleted {
			all = append(all, n)
		}
	}
	return all
}

// in says what stands in a channel: the first two lines of each message, and its buttons.
func (h *hall) in(channel string) string {
	var all []string
	for _, n := range h.notes {
		if n.Channel != channel || n.deleted {
			continue
		}
		lines := strings.SplitN(strings.ReplaceAll(n.text, "\n\n", "\n"), "\n", 3)
		line := strings.Join(lines[:min(len(lines), 2)], " / ")
		if n.Thread != "" {
			line = "in thread " + n.Thread + ": " + line
		}
		if len(n.buttons) > 0 {
			line += " [" + strings.Join(n.buttons, "] [") + "]"
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

// judge is a test, or a property's.
type judge interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// post is a bot whose messages go through a mailbox into a hall.
type post struct {
	*works
	box  *mailbox
	hall *hall
}

func newPost(t testing.TB, change ...func(*Options)) *post {
	t.Helper()
	p := &post{box: &mailbox{vault: newVault()}, hall: &hall{room: &room{}}}
	options := []func(*Options){func(o *Options) {
		o.State, o.Room = func() (State, error) { return p.box, p.box.down }, p.hall
	}}
	p.works = newWorks(t, append(options, change...)...)
	p.box.announce = p.Announce
	return p
}

// wishes makes a request as somebody asked for it, and gives its number.
func (p *post) wishes(t judge, change ...func(*approval.Request)) approval.ID {
	t.Helper()
	plan, server := []byte(`"to version 7"`), approval.Server{System: "7", Database: "shop"}
	r := approval.Request{
		Key: fmt.Sprint("wish ", len(p.box.Moves())), Command: "up", Words: "up orders", Risk: ops.Change, Target: orders, Server: server,
		Requester: ana, Origin: approval.Place{Channel: "C0GENERAL"}, Plan: plan,
		Shown: []byte(`{"Lead":[{"text":"to version 7"}]}`),
		Terms: approval.Terms{By: []string{"leads"}, Count: 1, Within: time.Hour},
	}
	for _, c := range change {
		c(&r)
	}
	r.Digest = approval.Digest(r.Command, r.Server, r.Plan)
	made, _, err := p.box.Memory.Create(context.Background(), func(now time.Time) (approval.Move, error) { return approval.New(r, now) })
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// moves lets the machine do something; what it does not allow does not happen.
func (p *post) moves(id approval.ID, act approval.Act) bool {
	_, err := p.box.Move(context.Background(), id, act)
	p.box.pump()
	return err == nil
}

func ballot(who ops.PersonID, agree bool, why string) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) {
		return r.Vote(approval.Voter{ID: who, Name: who.User, Entitled: true}, agree, why, now)
	}
}

func claims(r approval.Request, now time.Time) (approval.Move, error) { return r.Claim(1, now) }
func starts(r approval.Request, now time.Time) (approval.Move, error) {
	return r.Start(r.Fence, r.Digest, now)
}

func finishes(state approval.State, why string, outcome *commands.View) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) {
		var kept []byte
		if outcome != nil {
			kept, _ = json.Marshal(outcome)
		}
		return r.Finish(r.Fence, state, why, kept, now)
	}
}

// runs takes a request from agreed to running.
func (p *post) runs(id approval.ID) { _ = p.moves(id, claims) && p.moves(id, starts) }

// reports progress, as the state database does: the card must then show more.
func (p *post) reports(id approval.ID, done, total int64) {
	r, _ := p.box.Get(context.Background(), id)
	if _, err := p.box.Report(context.Background(), id, r.Fence, approval.Progress{Phase: "copying", Done: done, Total: total}); err == nil {
		p.box.card(id).Wanted++
	}
}

// maxRounds is more than any delivery needs that comes to an end.
const maxRounds = 400

// delivers until nothing is left to say. It waits as long as it is told to: call it in a bubble, where that takes no time.
func (p *post) delivers(t judge) {
	t.Helper()
	for range maxRounds {
		p.box.pump()
		busy := false
		for _, m := range slices.Clone(p.box.mail) {
			if m.given || m.Sent >= m.Wanted {
				continue
			}
			busy = true
			again, err := p.Deliver(context.Background(), m.ID)
			if err != nil {
				again = 10 * time.Second // when strays are looked for
			}
			time.Sleep(max(again, time.Second)) // a lease that was lost ends by itself
		}
		if !busy {
			return
		}
	}
	t.Fatalf("still not said after %d rounds: %+v", maxRounds, p.box.mail)
}

func asJSON(v commands.View) []byte { data, _ := json.Marshal(v); return data }
