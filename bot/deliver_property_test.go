package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"dbbot/commands"
	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// steps of a request's life and of the world around it, in any order: what the machine does not allow does not happen.
var steps = map[string]func(p *post, id approval.ID){
	"lee agrees":  func(p *post, id approval.ID) { p.moves(id, ballot(lee, true, "")) },
	"mia agrees":  func(p *post, id approval.ID) { p.moves(id, ballot(mia, true, "")) },
	"lee rejects": func(p *post, id approval.ID) { p.moves(id, ballot(lee, false, "not now")) },
	"ana withdraws": func(p *post, id approval.ID) {
		p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.Withdraw(approval.Voter{ID: ana}, now)
		})
	},
	"it is claimed": func(p *post, id approval.ID) { p.moves(id, claims) },
	"it starts":     func(p *post, id approval.ID) { p.moves(id, starts) },
	"it goes on":    func(p *post, id approval.ID) { p.reports(id, int64(p.hall.calls), 1000) },
	"mia cancels": func(p *post, id approval.ID) {
		p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.AskCancel(approval.Voter{ID: mia, Entitled: true}, "", now)
		})
	},
	"it is taken over": func(p *post, id approval.ID) {
		p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(2, now) })
	},
	"it succeeds": func(p *post, id approval.ID) {
		p.moves(id, finishes(approval.Succeeded, "", &commands.View{Lead: commands.Say("All rows.")}))
	},
	"it fails": func(p *post, id approval.ID) { p.moves(id, finishes(approval.Failed, "no room", nil)) },
	"a while":  func(*post, approval.ID) { time.Sleep(7 * time.Second) },
	"an hour": func(p *post, id approval.ID) {
		time.Sleep(time.Hour)
		p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Expire(now) })
	},
	"one is delivered": func(p *post, _ approval.ID) {
		for _, m := range p.box.mail {
			if m.Sent < m.Wanted && !m.given {
				_, _ = p.Deliver(context.Background(), m.ID)
				return
			}
		}
	},
	"all are": func(p *post, _ approval.ID) {
		for i := range p.box.mail {
			_, _ = p.Deliver(context.Background(), p.box.mail[i].ID)
		}
	},
}

// life is what happens: the steps in their order, and what the calls to Slack and to the state database meet, in theirs.
type life struct {
	steps []string
	needs int
	slack []error
	away  []bool
}

func drawLife(t *rapid.T, fates ...error) life {
	return life{
		steps: rapid.SliceOfN(rapid.SampledFrom(slices.Sorted(maps.Keys(steps))), 3, 25).Draw(t, "steps"),
		needs: rapid.IntRange(1, 2).Draw(t, "needs"),
		slack: rapid.SliceOfN(rapid.SampledFrom(fates), 0, 40).Draw(t, "slack"),
		away:  rapid.SliceOfN(rapid.SampledFrom([]bool{false, false, false, false, true}), 0, 40).Draw(t, "the state database is away"),
	}
}

// next takes one from a list; when it is empty, all is well.
func next[T any](list *[]T) (one T) {
	if len(*list) > 0 {
		one, *list = (*list)[0], (*list)[1:]
	}
	return one
}

// happens lets it happen; then the world is well again, all that is left is said, and check looks at it. It takes place in
// a bubble of its own, where waiting takes no time.
func (l life) happens(t *testing.T, rt *rapid.T, found bool, check func(t judge, p *post, id approval.ID)) {
	var failed wrong
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if p := recover(); p != nil {
				failed = p.(wrong)
			}
		}()
		p := newPost(t)
		id := p.wishes(wrong(""), func(r *approval.Request) { r.Terms.Count = l.needs })
		p.hall.fate = func(call, _ string) error {
			err := next(&l.slack)
			if _, wait := errors.AsType[*Later](err); call == "find" && found && !wait {
				return nil
			}
			return err
		}
		p.box.away = func(string) error {
			if next(&l.away) {
				return errors.New("the state database is away")
			}
			return nil
		}
		for _, step := range l.steps {
			steps[step](p, id)
		}
		p.hall.fate, p.box.away = nil, nil
		p.delivers(wrong(""))
		check(wrong(""), p, id)
	})
	if failed != "" {
		rt.Fatal(failed)
	}
}

// wrong is what a check in a bubble found: it travels out of it as a panic, since rapid must hear of it outside.
type wrong string

func (wrong) Helper()                           {}
func (wrong) Fatal(what ...any)                 { panic(wrong(fmt.Sprint(what...))) }
func (wrong) Fatalf(format string, what ...any) { panic(wrong(fmt.Sprintf(format, what...))) }

// checkLast: the card that was posted last shows the request as it is, and its buttons are the ones that count.
func (p *post) checkLast(t judge, id approval.ID) {
	card := p.box.card(id)
	if card.given {
		return // said in the requester's own channel then, and in the audit
	}
	notes := p.hall.by(card.Key)
	if len(notes) == 0 {
		t.Fatal("there is no card")
	}
	last := notes[len(notes)-1]
	r, _ := p.box.Get(context.Background(), id)
	truth := commands.RequestNews(r)
	if !strings.HasPrefix(last.text, truth.Text()) {
		t.Fatalf("the card says\n%s\nand the truth is\n%s", last.text, truth.Text())
	}
	again := r.State == approval.Failed || r.State == approval.Interrupted
	if open := r.State.Open() && r.Cancel == nil; (len(last.buttons) > 0) != (open || again) || slices.Contains(last.buttons, commands.Retry) != again {
		t.Fatalf("%s, and its buttons are %v", r.State, last.buttons)
	}
	if last.Channel != card.Channel || last.stamp != card.Stamp {
		t.Fatalf("the last card is %s in %s, and the buttons of %s in %s count", last.stamp, last.Channel, card.Stamp, card.Channel)
	}
}

// Whatever happens to a request while Slack and the state database come and go: what is shown last is the last state, and
// where Slack can be asked what stands there, nothing stands there twice.
func TestLastShownIsTheLastStateAndNothingTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawLife(rt, nil, nil, nil, ErrUnsure, errDone, &Later{After: 3 * time.Second}).happens(t, rt, true, func(t judge, p *post, id approval.ID) {
			p.checkLast(t, id)
			count := map[string]int{}
			for _, n := range p.hall.notes {
				if count[n.key]++; count[n.key] > 1 {
					t.Fatalf("%s stands there %d times", n.key, count[n.key])
				}
			}
			for _, m := range p.box.mail {
				if stands := count[m.Key] == 1 || m.Kind == store.Notice && m.Stamp == p.box.card(id).Stamp; !stands {
					t.Fatalf("%s %s was not said", m.Kind, m.Key)
				}
			}
		})
	})
}

// The same where Slack also refuses, and channels and messages are gone: what is shown last is the last state, and whoever
// asked hears how it ended.
func TestLastShownIsTheLastStateElsewhereToo(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawLife(rt, nil, nil, ErrUnsure, errDone, ErrGone, errors.New("invalid_blocks")).happens(t, rt, false, func(t judge, p *post, id approval.ID) {
			p.checkLast(t, id)
			r, _ := p.box.Get(context.Background(), id)
			if over := !r.State.Open() && r.State != approval.Withdrawn; over && !strings.Contains(p.hall.in("U0ANA"), string(r.State)) && len(p.box.lost) == 0 {
				t.Fatalf("%s, and ana did not hear of it:\n%s", r.State, p.hall.in("U0ANA"))
			}
		})
	})
}
