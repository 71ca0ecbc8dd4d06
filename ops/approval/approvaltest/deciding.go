package approvaltest

import (
	"errors"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// card is where the card of the tests stands.
var card = Surface{Channel: "C0ORDERS", Message: "1700000001.000200"}

// press is Lee's, on the card.
func press(key, token string) approval.Press {
	return approval.Press{
		Key: key, Token: token, Who: lee.ID, Name: lee.Name, Button: "Approve", Channel: card.Channel, Message: card.Message,
	}
}

var deciding = []check{
	{"a button acts from its card", func(b *bench) {
		r := b.made()
		got, err := b.Peer.Decide(b.Context(), press("click-1", b.Token(b, r.ID, card)), agree(lee))
		if err != nil || got.ID != r.ID || got.State != approval.Approved {
			b.Errorf("%s is %s, %v", got.ID, got.State, err)
		}
		b.same("what another process reads", peers(b, r.ID), got)
		b.facts(r.ID, approval.Asked, approval.Agreed)
	}},
	{"a button acts from its owner's home tab", func(b *bench) {
		r := b.made()
		p := press("click-1", b.Token(b, r.ID, Surface{Home: lee.ID}))
		p.Channel, p.Message = "", ""
		if got, err := b.Store.Decide(b.Context(), p, agree(lee)); err != nil || got.State != approval.Approved {
			b.Errorf("%s, %v", got.State, err)
		}
	}},
	{"each request has its own buttons", func(b *bench) {
		first, second := b.made(), b.made()
		b.Token(b, first.ID, card)
		other := Surface{Channel: "C0ORDERS", Message: "1700000009.000900"}
		p := press("click-1", b.Token(b, second.ID, other))
		p.Message = other.Message
		if got, err := b.Store.Decide(b.Context(), p, agree(lee)); err != nil || got.ID != second.ID {
			b.Errorf("decided %s, %v", got.ID, err)
		}
		b.unchanged(first)
	}},
	{"a token that nobody knows", func(b *bench) {
		r := b.made()
		b.Token(b, r.ID, card)
		for _, token := range []string{"made-up", "", "1", "ünknown\x00'; --"} {
			if _, err := b.Store.Decide(b.Context(), press("click-"+token, token), never(b)); !errors.Is(err, approval.ErrUnknown) {
				b.Errorf("%q: %v", token, err)
			}
			if codes := b.Refused(b); len(codes) == 0 || codes[len(codes)-1] != approval.UnknownToken {
				b.Errorf("%q: the audit has the refusals %q", token, codes)
			}
		}
		b.unchanged(r)
	}},
	{"a button that was copied, forwarded or made up elsewhere does nothing", func(b *bench) {
		r := b.made()
		onCard, atHome := b.Token(b, r.ID, card), b.Token(b, r.ID, Surface{Home: lee.ID})
		for _, tt := range []struct {
			name  string
			token string
			edit  func(*approval.Press)
		}{
			{"another message", onCard, func(p *approval.Press) { p.Message = "1700000099.000100" }},
			{"another channel", onCard, func(p *approval.Press) { p.Channel = "C0GENERAL" }},
			{"a card's, in a home tab", onCard, func(p *approval.Press) { p.Channel, p.Message = "", "" }},
			{"a home tab's, on a card", atHome, func(*approval.Press) {}},
			{"another person's home tab", atHome, func(p *approval.Press) { p.Channel, p.Message, p.Who = "", "", mia.ID }},
			{"another team's home tab", atHome, func(p *approval.Press) {
				p.Channel, p.Message, p.Who = "", "", ops.PersonID{Team: "T0OTHER", User: lee.ID.User}
			}},
		} {
			p := press(tt.name, tt.token)
			tt.edit(&p)
			got, err := b.Store.Decide(b.Context(), p, never(b))
			if got.ID != 0 {
				b.Errorf("%s: gives %s, which is %s", tt.name, got.ID, got.State)
			}
			b.refusedWith(err, "wrong surface")
		}
		b.unchanged(r)
		b.facts(r.ID, approval.Asked)
	}},
	{"a click that is delivered again does nothing", func(b *bench) {
		r := b.made(by(2))
		p := press("click-1", b.Token(b, r.ID, card))
		once, err := b.Store.Decide(b.Context(), p, agree(lee))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := b.Peer.Decide(b.Context(), p, never(b)); !errors.Is(err, approval.ErrRepeated) {
			b.Errorf("again: %v", err)
		}
		b.unchanged(once)
	}},
	{"a refused click that is delivered again is not refused twice", func(b *bench) {
		r := b.made()
		token := b.Token(b, r.ID, card)
		got, err := b.Store.Decide(b.Context(), press("click-1", token), agree(ana))
		b.refusedWith(err, "own request")
		b.same("what is given back beside the refusal", got, r)
		for range 2 {
			if _, err = b.Store.Decide(b.Context(), press("click-1", token), never(b)); !errors.Is(err, approval.ErrRepeated) {
				b.Errorf("again: %v", err)
			}
		}
		if codes := b.Refused(b); len(codes) != 1 {
			b.Errorf("refusals: %q", codes)
		}
		if _, err = b.Store.Decide(b.Context(), press("click-2", token), agree(lee)); err != nil {
			b.Errorf("another click: %v", err)
		}
	}},
	{"the same click, delivered many times at once, counts once", func(b *bench) {
		r := b.made(by(2))
		p := press("click-1", b.Token(b, r.ID, card))
		errs := b.together(crowd, func(_ int, s approval.Store) error {
			_, err := s.Decide(b.Context(), p, agree(lee))
			return err
		})
		repeated := 0
		for _, err := range errs {
			if errors.Is(err, approval.ErrRepeated) {
				repeated++
			} else if err != nil {
				b.Errorf("got %v", err)
			}
		}
		if got := b.read(r.ID); repeated != crowd-1 || len(got.Votes) != 1 || got.Version != 2 {
			b.Errorf("%d were repeats, votes %+v, version %d", repeated, got.Votes, got.Version)
		}
	}},
	{"a click whose act failed may come again", func(b *bench) {
		r := b.made()
		p := press("click-1", b.Token(b, r.ID, card))
		oops := errors.New("oops")
		if _, err := b.Store.Decide(b.Context(), p, func(approval.Request, time.Time) (approval.Move, error) {
			return approval.Move{}, oops
		}); !errors.Is(err, oops) {
			b.Errorf("got %v", err)
		}
		b.unchanged(r)
		if got, err := b.Store.Decide(b.Context(), p, agree(lee)); err != nil || got.State != approval.Approved {
			b.Errorf("again: %s, %v", got.State, err)
		}
	}},
}

// never is an act that must not be asked.
func never(b *bench) approval.Act {
	return func(r approval.Request, _ time.Time) (approval.Move, error) {
		b.Errorf("%s was decided", r.ID)
		return approval.Move{}, errors.New("must not be asked")
	}
}
