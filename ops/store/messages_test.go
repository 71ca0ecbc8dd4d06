package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/audit"
)

// minute is a lease that does not run out during a test; over is one that has.
const (
	minute = time.Minute
	over   = -time.Second
)

// cardOf is a new request and its card, as they are kept.
func cardOf(tb testing.TB, s *Store, edits ...func(*approval.Request)) (approval.Request, Message) {
	tb.Helper()
	r := made(tb, s, edits...)
	card, err := s.Card(tb.Context(), r.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return r, card
}

func lease(tb testing.TB, s *Store, id int64, d time.Duration) (Message, approval.Request, bool) {
	tb.Helper()
	m, r, ok, err := s.Lease(tb.Context(), id, d)
	if err != nil {
		tb.Fatalf("%v (%v)", err, causeOf(err))
	}
	return m, r, ok
}

func placed(tb testing.TB, s *Store, m Message, stamp string, shown int64) (again bool) {
	tb.Helper()
	m.Channel, m.Stamp, m.Link = "C0ORDERS", stamp, "https://demo.example/"+stamp
	again, err := s.Placed(tb.Context(), m, shown)
	if err != nil {
		tb.Fatal(err)
	}
	return again
}

// A card is posted once, edited as its request changes, and carries the same token all the time.
func TestCard(t *testing.T) {
	s := opened(t, fresh(t))
	r, card := cardOf(t, s, needs(2), func(r *approval.Request) { r.Origin.Thread = "17.0" })
	if card.Kind != Card || card.Request != r.ID || card.To != "C0ORDERS" || card.Thread != "17.0" || card.Wanted != 1 || card.Sent != 0 || len(card.Token) < 26 {
		t.Errorf("a new card is %+v", card)
	}
	m, drawn, ok := lease(t, s, card.ID, minute)
	if !ok || m.Tried || m.Token != card.Token || drawn.ID != r.ID || drawn.State != approval.Pending || m.Quiet != 0 || !m.SentAt.IsZero() {
		t.Errorf("leased %v: %+v, %+v", ok, m, drawn)
	}
	if _, _, ok := lease(t, s, card.ID, minute); ok {
		t.Error("it was leased twice at a time")
	}
	if placed(t, s, m, "17.1", m.Wanted) {
		t.Error("it is to be shown again, though nothing has changed")
	}
	if _, _, ok := lease(t, s, card.ID, minute); ok {
		t.Error("it was leased though it shows everything")
	}

	moved(t, s, r.ID, agree(lee))
	m, drawn, ok = lease(t, s, card.ID, minute)
	if !ok || m.Tried || m.Wanted != 2 || m.Sent != 1 || m.Channel != "C0ORDERS" || m.Stamp != "17.1" || len(drawn.Votes) != 1 || m.Quiet <= 0 || m.SentAt.IsZero() {
		t.Errorf("leased %v: %+v, votes %+v", ok, m, drawn.Votes)
	}
	moved(t, s, r.ID, agree(mia)) // while it is being edited
	if !placed(t, s, m, "17.1", m.Wanted) {
		t.Error("it shows less than there is, and nobody is told")
	}
	if m, drawn, ok = lease(t, s, card.ID, minute); !ok || drawn.State != approval.Approved {
		t.Errorf("leased %v: %+v", ok, drawn)
	}
	if links, err := s.Links(t.Context(), []approval.ID{r.ID, 99}); err != nil || len(links) != 1 || links[r.ID] != "https://demo.example/17.1" {
		t.Errorf("%v, %v", links, err)
	}
}

// What a lease gives to draw is never older than the Wanted that it names, whatever moves at the same time: else the card
// would stay behind for good.
func TestLeaseIsNeverOlder(t *testing.T) {
	s := opened(t, fresh(t))
	r, card := cardOf(t, s, consentless)
	r = moved(t, s, r.ID, claim(1), start) // three moves, so Wanted is Version
	stop := make(chan bool)
	var leasing sync.WaitGroup
	for range 2 {
		leasing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if m, drawn, ok, err := s.Lease(t.Context(), card.ID, over); err != nil || ok && drawn.Version < m.Wanted {
					t.Errorf("Wanted %d with version %d, %v", m.Wanted, drawn.Version, err)
					return
				}
			}
		})
	}
	for worker := range int64(60) {
		moved(t, s, r.ID, func(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(worker+2, now) })
	}
	close(stop)
	leasing.Wait()
}

// A post whose end is not known is looked for before it is made again. Who knows that Slack refused says so.
func TestTried(t *testing.T) {
	s := opened(t, fresh(t))
	_, card := cardOf(t, s)
	m, _, _ := lease(t, s, card.ID, over) // its sender dies
	if m.Tried {
		t.Error("it was tried before its first try")
	}
	if m, _, _ = lease(t, s, card.ID, minute); !m.Tried {
		t.Error("nobody looks for what the dead sender may have posted")
	}
	m.Tried = false // looked for, not there, and Slack refused to take it now
	if err := s.Postpone(t.Context(), m, "ratelimited"); err != nil {
		t.Fatal(err)
	}
	if m, _, _ = lease(t, s, card.ID, minute); m.Tried || m.Attempts != 1 {
		t.Errorf("after a refusal: tried %v, %d attempts", m.Tried, m.Attempts)
	}
	if err := s.Postpone(t.Context(), m, ""); err != nil { // a pause
		t.Fatal(err)
	}
	m, _, _ = lease(t, s, card.ID, minute)
	m.Tried = true // no answer came
	if err := s.Postpone(t.Context(), m, "no answer"); err != nil {
		t.Fatal(err)
	}
	if m, _, _ = lease(t, s, card.ID, minute); !m.Tried || m.Attempts != 2 {
		t.Errorf("after silence: tried %v, %d attempts", m.Tried, m.Attempts)
	}
	placed(t, s, m, "17.1", m.Wanted)
	moved(t, s, card.Request, agree(lee))
	if m, _, _ = lease(t, s, card.ID, minute); m.Tried || m.Attempts != 0 {
		t.Errorf("an edit: tried %v, %d attempts", m.Tried, m.Attempts)
	}
}

// A sender whose lease ran out may still edit: nobody knows then which edit came last, so it is drawn once more.
func TestLateSender(t *testing.T) {
	s := opened(t, fresh(t))
	r, card := cardOf(t, s, needs(2))
	slow, _, _ := lease(t, s, card.ID, over)
	moved(t, s, r.ID, agree(lee))
	quick, _, _ := lease(t, s, card.ID, over)
	if placed(t, s, quick, "17.1", quick.Wanted) {
		t.Error("the quick one is the last, and is sent again")
	}
	if !placed(t, s, slow, "17.1", slow.Wanted) {
		t.Error("the slow one may have overwritten it, and nobody draws it anew")
	}
	if m, _, ok := lease(t, s, card.ID, minute); !ok || m.Sent != quick.Wanted {
		t.Errorf("leased %v, sent %d: an older one never counts back", ok, m.Sent)
	}
	// What is not one's own any more cannot be given back, sent elsewhere or given up.
	for what, try := range map[string]func() error{
		"postpone": func() error { return s.Postpone(t.Context(), slow, "late") },
		"redirect": func() error { return s.Redirect(t.Context(), slow, "C0DBOPS") },
		"give up":  func() error { return s.Unsayable(t.Context(), slow, "late") },
	} {
		if err := try(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if m, err := s.Card(t.Context(), r.ID); err != nil || m.Attempts != 0 || m.Stamp != "17.1" {
			t.Errorf("%s by a late sender: %+v, %v", what, m, err)
		}
	}
	if e := last(t, s); e.Event == audit.Undeliverable {
		t.Errorf("%+v", e)
	}
}

func TestRedirect(t *testing.T) {
	s := opened(t, fresh(t))
	r, card := cardOf(t, s)
	m, _, _ := lease(t, s, card.ID, minute)
	placed(t, s, m, "17.1", m.Wanted)
	moved(t, s, r.ID, agree(lee))
	m, _, _ = lease(t, s, card.ID, minute)
	if err := s.Redirect(t.Context(), m, "C0DBOPS"); err != nil {
		t.Fatal(err)
	}
	m, _, ok := lease(t, s, card.ID, minute)
	if !ok || m.To != "C0DBOPS" || m.Channel+m.Stamp+m.Link+m.Thread != "" || m.Tried || m.Sent != 0 || m.Token != card.Token {
		t.Errorf("leased %v: %+v", ok, m)
	}
}

func TestUnsayable(t *testing.T) {
	s := opened(t, fresh(t))
	r, card := cardOf(t, s)
	m, _, _ := lease(t, s, card.ID, minute)
	if err := s.Unsayable(t.Context(), m, "channel_not_found, token=xoxb-123456"); err != nil {
		t.Fatal(err)
	}
	if e := last(t, s); e.Event != audit.Undeliverable || e.Request != int64(r.ID) || e.Detail != "card: channel_not_found, token=***" || e.Channel != "C0ORDERS" || e.Database != "orders" {
		t.Errorf("%+v", e)
	}
	moved(t, s, r.ID, agree(lee))
	if _, _, ok := lease(t, s, card.ID, minute); ok {
		t.Error("it is sent all the same")
	}
}

// What a move causes to be said is kept with it, once, and is delivered like a card.
func TestAnnounced(t *testing.T) {
	announce := func(m approval.Move) []Message {
		key := fmt.Sprintf("%s %s", m.After.ID, m.Event)
		return []Message{
			{Key: key + " notice", Kind: Notice, To: "C0DBOPS", Body: []byte(`{"n": 1}`)},
			{Key: key + " direct", Kind: Direct, To: "U0ANA", Body: []byte(`{"n": 2}`), Token: "a token of at least 26 characters"},
			{Key: key + " notice", Kind: Notice, To: "C0DBOPS"},
		}
	}
	databaseURL := fresh(t)
	s := opened(t, databaseURL, func(o *Options) { o.Announce, o.Enqueue = announce, inPublic })
	r := made(t, s, needs(2))
	rows := must(s.pool.Query(t.Context(), "SELECT m.id, m.kind, m.request FROM dbbot.messages m JOIN public.dbbot_work w ON w.id = m.id AND w.kind = 'deliver' ORDER BY m.id"))
	var got string
	for rows.Next() {
		var id int64
		var kind Kind
		var of approval.ID
		if err := rows.Scan(&id, &kind, &of); err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprintf("%d %s %s, ", id, kind, of)
	}
	if want := fmt.Sprintf("1 card %[1]s, 2 notice %[1]s, 3 direct %[1]s, ", r.ID); got != want {
		t.Errorf("in the queue: %s, want %s", got, want)
	}
	m, of, ok := lease(t, s, 3, minute)
	if !ok || m.Kind != Direct || m.To != "U0ANA" || string(m.Body) != `{"n": 2}` || of.ID != r.ID {
		t.Errorf("leased %v: %+v of %s", ok, m, of.ID)
	}
	// Its button counts for her alone until it is known where it stands.
	press := approval.Press{Key: "1", Token: m.Token, Who: lee.ID, Channel: "D0LEE", Message: "17.5"}
	if _, err := s.Decide(t.Context(), press, agree(lee)); err == nil {
		t.Error("somebody else pressed it")
	}
	press.Key, press.Who = "2", ana
	_, err := s.Decide(t.Context(), press, agree(approval.Voter{ID: ana}))
	if refusal, ok := errors.AsType[*approval.Refusal](err); !ok || refusal.Code != "own request" {
		t.Error(err)
	}
}

// Before it is noted where a card stands, its token counts in its channel; afterwards in that one message.
func TestTokenOfAFreshCard(t *testing.T) {
	s := opened(t, fresh(t))
	_, card := cardOf(t, s, needs(2))
	try := func(key, channel, message string, who approval.Voter) error {
		_, err := s.Decide(t.Context(), approval.Press{Key: key, Token: card.Token, Who: who.ID, Channel: channel, Message: message}, agree(who))
		return err
	}
	if err := try("1", "C0GENERAL", "17.1", lee); err == nil {
		t.Error("it counted in another channel")
	}
	if err := try("2", "", "", lee); err == nil {
		t.Error("it counted in a home tab")
	}
	if err := try("3", "C0ORDERS", "17.1", lee); err != nil {
		t.Error(err)
	}
	placed(t, s, card, "17.2", 1)
	if err := try("4", "C0ORDERS", "17.1", mia); err == nil {
		t.Error("it counted in a message where the card does not stand")
	}
	if err := try("5", "C0ORDERS", "17.2", mia); err != nil {
		t.Error(err)
	}
	if _, err := s.Placed(t.Context(), Message{ID: 999}, 1); !errors.Is(err, approval.ErrUnknown) {
		t.Error(err)
	}
	if _, err := s.Card(t.Context(), 999); !errors.Is(err, approval.ErrUnknown) {
		t.Error(err)
	}
}
