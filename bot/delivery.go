package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"dbbot/commands"
	"dbbot/ops/store"
)

const (
	// findBefore is how much earlier than the message's making it is looked for: clocks of Slack and PostgreSQL differ.
	findBefore = time.Minute
	// maxFinds is how often Slack may fail to say whether a message stands there. Then it is said again, and says so:
	// twice is better than not at all.
	maxFinds = 5
)

var (
	errOutsiders = errors.New("people of another organisation read this channel")
	errNoCard    = errors.New("the card does not stand anywhere yet")
	errRoster    = errors.New("the people of a user group could not be read")
	errNotSaid   = errors.New("a message that nobody can read") // its body is not JSON of ours
)

// say draws what is to be shown now, and shows it. What Slack gave is then in d.m.
func (d *delivery) say(ctx context.Context) error {
	if d.m.Kind == store.Direct && strings.HasPrefix(d.m.To, "S") {
		return d.everyone(ctx)
	}
	if d.m.Kind == store.Notice && d.card.Stamp != "" && d.card.Channel == d.m.To && !d.r.Requester.Itself() {
		d.m.Channel, d.m.Stamp, d.m.Link = d.card.Channel, d.card.Stamp, d.card.Link // the card stands there, and says it all
		return nil
	}
	to, err := d.address(ctx)
	if err != nil {
		return err
	}
	post, file, err := d.draw(ctx)
	if err != nil {
		return err
	}
	if d.m.Stamp != "" {
		return d.bot.Room.Edit(ctx, d.at(), post)
	}
	return d.put(ctx, to, post, file)
}

// put posts it, unless an earlier try did.
func (d *delivery) put(ctx context.Context, to Address, post Post, file *File) error {
	at, found, err := d.find(ctx, to, d.m.Key)
	switch _, wait := errors.AsType[*Later](err); {
	case err != nil && (wait || d.m.Attempts < maxFinds):
		return err
	case err != nil:
		post.View.Notes = append(slices.Clone(post.View.Notes), commands.Say("Slack did not say whether this stands here already."))
	}
	if found {
		err = d.bot.Room.Edit(ctx, at, post) // it may show what was true then
	} else {
		at, err = d.bot.Room.Post(ctx, to, d.m.Key, post)
	}
	if err != nil {
		d.m.Tried = d.m.Tried || unclear(err)
		return err
	}
	d.m.Tried = true
	if err := d.attach(ctx, to, at, post, file); err != nil {
		return err
	}
	d.m.Channel, d.m.Stamp, d.m.Link = at.Channel, at.Stamp, at.Link
	if !found {
		d.tellWhere(ctx)
	}
	return nil
}

// find looks for what an earlier try may have left.
func (d *delivery) find(ctx context.Context, to Address, key string) (Posted, bool, error) {
	if !d.m.Tried {
		return Posted{}, false, nil
	}
	return d.bot.Room.Find(ctx, to, key, d.m.Created.Add(-findBefore))
}

func (d *delivery) at() Posted { return Posted{Channel: d.m.Channel, Stamp: d.m.Stamp, Link: d.m.Link} }

// attach puts the file into the thread. Where Slack refuses it, the message still says the most, and what is missing.
func (d *delivery) attach(ctx context.Context, to Address, at Posted, post Post, file *File) error {
	if file == nil {
		return nil
	}
	thread := Posted{Channel: at.Channel, Stamp: cmp.Or(to.Thread, at.Stamp)}
	err := d.bot.Room.Attach(ctx, thread, file.Name, file.Title, []byte(file.Text))
	if err == nil || passing(err) && d.m.Attempts < maxFinds {
		return err
	}
	d.log("a file could not be attached", err)
	post.View.Notes = append(slices.Clone(post.View.Notes), commands.Text{
		{Text: "Slack did not take the file. In a terminal "}, {Kind: commands.Literal, Text: "dbbot ask request " + d.r.ID.String()[1:]}, {Text: " shows all of it."},
	})
	return d.bot.Room.Edit(ctx, at, post)
}

// passing errors are worth another try: Slack asks to wait, or did not say.
func passing(err error) bool {
	_, wait := errors.AsType[*Later](err)
	return wait || unclear(err)
}

// unclear errors leave open whether Slack did it.
func unclear(err error) bool {
	return errors.Is(err, ErrUnsure) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// tellWhere tells the requester where the card is, if it is not where they asked. It is said at most once, and may be
// lost with this process: the decision and the end reach them in any case.
func (d *delivery) tellWhere(ctx context.Context) {
	if d.m.Kind != store.Card || d.m.To == d.r.Origin.Channel || isPerson(d.m.To) || d.r.Requester.Itself() {
		return
	}
	view := commands.View{Lead: commands.Text{
		{Text: "Your request " + d.r.ID.String() + " is shown in "},
		{Kind: commands.Channel, Text: d.m.Channel},
		{Text: "; dbbot cannot show it where you asked. "},
	}}
	view.Lead = append(view.Lead, link(d.m)...)
	if _, err := d.bot.Room.Post(ctx, Address{Channel: d.r.Requester.User}, d.m.Key+"-where", Post{View: view}); err != nil {
		d.log("the requester was not told where the card is", err)
	}
}

// address is where it goes. Channels that others read get nothing new.
func (d *delivery) address(ctx context.Context) (to Address, err error) {
	switch {
	case d.m.Stamp != "":
		return Address{}, nil // it stands there
	case isPerson(d.m.To):
		return Address{Channel: d.m.To}, nil
	case d.m.Kind == store.Reply:
		if to, err = d.thread(); err != nil {
			return to, err
		}
	default:
		to.Channel = d.m.To
		if d.m.Kind == store.Card && d.m.To == d.r.Origin.Channel {
			to.Thread = d.r.Origin.Thread
		}
	}
	if strings.HasPrefix(to.Channel, "D") {
		return to, nil
	}
	outsiders, err := d.bot.Directory.Outsiders(ctx, to.Channel)
	if err == nil && outsiders {
		err = errOutsiders
	}
	return to, err
}

// thread is the card's; where the card stands in somebody else's thread, that one.
func (d *delivery) thread() (Address, error) {
	switch {
	case d.card.Stamp == "":
		return Address{}, errNoCard
	case d.card.To == d.r.Origin.Channel && d.r.Origin.Thread != "":
		return Address{Channel: d.card.Channel, Thread: d.r.Origin.Thread}, nil
	}
	return Address{Channel: d.card.Channel, Thread: d.card.Stamp}, nil
}

// draw makes what is shown: the card as its request is now, everything else as it was said when it happened.
func (d *delivery) draw(ctx context.Context) (Post, *File, error) {
	if d.m.Kind == store.Card {
		return d.bot.card(ctx, d.m, d.r), nil, nil
	}
	var said Said
	if err := json.Unmarshal(d.m.Body, &said); err != nil {
		return Post{}, nil, errNotSaid
	}
	view := said.View
	if called := commands.Mentions(d.bot.members(ctx, said.Call, d.r.Requester.User)); called != nil {
		view.Lead = append(slices.Clone(view.Lead), append(commands.Say(" "), called...)...)
	}
	if d.card.Link != "" && (d.m.Kind != store.Reply || isPerson(d.m.To)) {
		view.Notes = append(slices.Clone(view.Notes), link(d.card))
	}
	return Post{View: view}, said.File, nil
}

func link(card store.Message) commands.Text {
	if card.Link == "" {
		return nil
	}
	return commands.Text{{Kind: commands.Link, Text: "The card of " + card.Request.String(), URL: card.Link}}
}

// maxTold bounds how many people of a user group are told one by one.
const maxTold = 50

// everyone tells all people of a user group, each in their own channel: those whom the file names are told already.
func (d *delivery) everyone(ctx context.Context) error {
	roster, err := d.bot.Directory.Roster(ctx, d.m.To)
	if err != nil {
		return errors.Join(errRoster, err)
	}
	post, _, err := d.draw(ctx)
	if err != nil {
		return err
	}
	told := []string{d.r.By.User, d.r.Requester.User}
	for _, name := range d.r.Terms.By {
		told = append(told, d.bot.Policy.Groups[name].Users...)
	}
	for _, user := range roster[:min(len(roster), maxTold)] {
		if slices.Contains(told, user) {
			continue
		}
		if err := d.one(ctx, user, post); err != nil {
			return err
		}
	}
	d.m.Channel, d.m.Stamp = d.m.To, "all"
	return nil
}

// one tells one of them. Whom Slack will not let through is left out: the others must still hear it.
func (d *delivery) one(ctx context.Context, user string, post Post) error {
	to, key := Address{Channel: user}, d.m.Key+"-"+user
	_, found, err := d.find(ctx, to, key)
	if err == nil && !found {
		_, err = d.bot.Room.Post(ctx, to, key, post)
		d.m.Tried = d.m.Tried || err == nil || unclear(err)
	}
	if err != nil && passing(err) {
		return err
	}
	if err != nil {
		d.log("somebody was not told", err)
	}
	return nil
}

func (d *delivery) log(what string, err error) {
	d.bot.Log.Warn(what, "request", int64(d.r.ID), "message", d.m.ID, "kind", string(d.m.Kind), "attempts", d.m.Attempts, "error", causes(err))
}
