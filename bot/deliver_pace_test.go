package bot

import (
	"context"
	"strings"
	"testing"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// One edit in two seconds while it runs; a state that changes is shown at once.
func TestPaceOfProgress(t *testing.T) {
	happens(t, "pace", func(t *testing.T, p *post) {
		id := p.wishes(t)
		p.moves(id, ballot(lee, true, ""))
		p.delivers(t)
		card := p.hall.notes[0]
		p.runs(id)
		time.Sleep(time.Millisecond)
		begun := time.Now()
		deliver := func() time.Duration {
			again, err := p.Deliver(context.Background(), 1)
			if err != nil {
				t.Fatal(err)
			}
			return again
		}
		if again := deliver(); again != 0 || !strings.Contains(card.text, "running") {
			t.Errorf("the start waits for %s", again)
		}
		before := len(card.edits)
		for time.Since(begun) < time.Minute {
			p.reports(id, int64(time.Since(begun)/time.Second), 60)
			deliver()
			time.Sleep(100 * time.Millisecond)
		}
		bars := card.edits[before:]
		if len(bars) < 25 {
			t.Errorf("%d edits in a minute", len(bars))
		}
		for i := range bars[1:] {
			if gap := bars[i+1].Sub(bars[i]); gap < editPause {
				t.Errorf("%s between two edits", gap)
			}
		}
		p.reports(id, 60, 60)
		p.moves(id, finishes(approval.Succeeded, "", nil))
		if again := deliver(); again != 0 || !strings.Contains(card.text, "succeeded") {
			t.Errorf("the end waits for %s: %s", again, card.text)
		}
	})
}

// What a person does is shown at once, also between two bars.
func TestStatesAreNotPaced(t *testing.T) {
	running := func(t *testing.T, p *post) approval.ID {
		id := p.wishes(t)
		p.moves(id, ballot(lee, true, ""))
		p.runs(id)
		time.Sleep(time.Millisecond)
		p.delivers(t)
		return id
	}
	happens(t, "a wish to cancel", func(t *testing.T, p *post) {
		id := running(t, p)
		p.reports(id, 1, 2)
		time.Sleep(editPause)
		if again, err := p.Deliver(t.Context(), 1); again != 0 || err != nil {
			t.Fatal(again, err)
		}
		time.Sleep(time.Millisecond)
		p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.AskCancel(approval.Voter{ID: mia, Entitled: true}, "", now)
		})
		if again, err := p.Deliver(t.Context(), 1); again != 0 || err != nil || !strings.Contains(p.hall.notes[0].text, "@U0MIA asked to stop it") {
			t.Error(again, err, p.hall.notes[0].text)
		}
	})
	happens(t, "a start while the consent is being shown", func(t *testing.T, p *post) {
		id := p.wishes(t)
		p.delivers(t)
		p.moves(id, ballot(lee, true, ""))
		p.hall.fate = func(string, string) error {
			p.hall.fate = nil
			p.runs(id)
			time.Sleep(time.Millisecond)
			return nil
		}
		if again, err := p.Deliver(t.Context(), 1); again != 0 || err != nil || !strings.Contains(p.hall.notes[0].text, "running") {
			t.Error(again, err, p.hall.notes[0].text)
		}
	})
}

// When Slack asks to wait, everything waits.
func TestOneWishForSilenceHoldsAll(t *testing.T) {
	happens(t, "two cards", func(t *testing.T, p *post) {
		p.wishes(t)
		p.wishes(t, func(r *approval.Request) { r.Plan = []byte("8") })
		p.hall.fate = func(string, string) error { return &Later{After: 10 * time.Second} }
		for message := range int64(2) {
			if again, err := p.Deliver(t.Context(), message+1); again != 10*time.Second || err != nil {
				t.Error(again, err)
			}
		}
		if p.hall.calls != 1 {
			t.Errorf("%d calls though Slack asked for silence", p.hall.calls)
		}
	})
}

// What one message lacks a right for is no reason for the others to wait.
func TestARightThatOneLacksHoldsNobodyElse(t *testing.T) {
	happens(t, "two cards", func(t *testing.T, p *post) {
		p.wishes(t)
		p.wishes(t, func(r *approval.Request) { r.Plan = []byte("8") })
		first := true
		p.hall.fate = func(string, string) error {
			if first {
				first = false
				return &Later{After: time.Minute, One: true}
			}
			return nil
		}
		for message, want := range []time.Duration{time.Minute, 0} {
			if again, err := p.Deliver(t.Context(), int64(message)+1); again != want || err != nil {
				t.Errorf("message %d: again %v, %v", message+1, again, err)
			}
		}
	})
}

// A notice is for another channel than the card's; who does something is not told of it.
func TestWhoIsNotTold(t *testing.T) {
	notices := func(p *post) (n int) {
		for _, m := range p.box.mail {
			if m.Kind == store.Notice {
				n++
			}
		}
		return n
	}
	happens(t, "asked in the database's channel", func(t *testing.T, p *post) {
		id := p.wishes(t, func(r *approval.Request) { r.Origin.Channel = "C0ORDERS" })
		p.moves(id, ballot(lee, true, ""))
		p.runs(id)
		p.moves(id, finishes(approval.Succeeded, "", nil))
		if n := notices(p); n != 0 {
			t.Errorf("%d notices", n)
		}
	})
	happens(t, "the card had to go there", func(t *testing.T, p *post) {
		p.directory.shared = map[string]bool{"C0GENERAL": true}
		id := p.wishes(t)
		p.delivers(t)
		p.moves(id, ballot(lee, true, ""))
		p.runs(id)
		p.moves(id, finishes(approval.Succeeded, "", nil))
		p.delivers(t)
		if got := p.hall.in("C0ORDERS"); notices(p) != 1 || strings.Count(got, "succeeded") != 1 {
			t.Error(got)
		}
	})
	happens(t, "who breaks the glass for themselves", func(t *testing.T, p *post) {
		id := p.wishes(t, func(r *approval.Request) { r.Requester, r.Terms.BreakGlass = lee, true })
		p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.BreakGlass(approval.Voter{ID: lee, Entitled: true}, "the shop is down", now)
		})
		p.delivers(t)
		same(t, "lee", p.hall.in("U0LEE"), "")
	})
}
