package bot

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/policy"
	"dbbot/ops/store"
)

// happens runs a test in a bubble, where waiting takes no time.
func happens(t *testing.T, name string, do func(t *testing.T, p *post)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { do(t, newPost(t)) })
	})
}

func TestOneLivingCard(t *testing.T) {
	happens(t, "asked, agreed, run", func(t *testing.T, p *post) {
		id := p.wishes(t)
		p.delivers(t)
		same(t, "asked", p.hall.in("C0GENERAL"),
			"✋ #1 up orders: pending / One of leads must agree, and not the person who asked. It expires 2000-01-01 01:00:00 UTC. [Approve] [Reject] [Withdraw]")
		card := p.hall.notes[0]
		if !strings.Contains(card.text, "May agree: @U0LEE, @U0MIA") || card.token != p.box.card(id).Token {
			t.Errorf("%+v", card)
		}
		p.moves(id, ballot(lee, true, ""))
		p.delivers(t)
		same(t, "agreed", p.hall.in("C0GENERAL"), "👍 #1 up orders: approved / Enough people have agreed. It starts in a moment. [Reject] [Withdraw]")
		p.runs(id)
		p.delivers(t)
		same(t, "runs", p.hall.in("C0GENERAL"), "⏳ #1 up orders: running / Running since 2000-01-01 00:00:03 UTC. [Cancel]")
		time.Sleep(time.Minute)
		p.moves(id, finishes(approval.Succeeded, "", &commands.View{Lead: commands.Say("It is at version 7."), Parts: []commands.Part{{Section: &commands.Section{Title: "Applied", Summary: commands.Say("7_add_index")}}}}))
		p.delivers(t)
		same(t, "done, with its details in the thread", p.hall.in("C0GENERAL"),
			"✅ #1 up orders: succeeded / Done in 1 min 1 s. It is at version 7.\nin thread 1.0: It is at version 7. / Applied: 7_add_index")
		same(t, "what ana hears", p.hall.in("U0ANA"), "👍 #1 up orders: approved / Enough people have agreed. It starts in a moment.\n"+
			"✅ #1 up orders: succeeded / Done in 1 min 1 s. It is at version 7.")
		same(t, "what the database's channel hears", p.hall.in("C0ORDERS"), "✅ #1 up orders: succeeded / Done in 1 min 1 s. It is at version 7.")
		if dm := p.hall.notes[1]; !strings.HasSuffix(dm.text, "The card of #1 (https://demo.example/C0GENERAL/1.0)") && !strings.HasSuffix(dm.text, "The card of #1") {
			t.Errorf("no link to the card: %q", dm.text)
		}
	})
	happens(t, "in a thread", func(t *testing.T, p *post) {
		id := p.wishes(t, func(r *approval.Request) { r.Origin = approval.Place{Channel: "C0ORDERS", Thread: "0.5"} })
		p.moves(id, ballot(lee, true, ""))
		p.runs(id)
		p.moves(id, finishes(approval.Failed, "no room", &commands.View{Parts: []commands.Part{{Code: &commands.Code{Text: "disk full"}}}}))
		p.delivers(t)
		if got := p.hall.in("C0ORDERS"); !strings.HasPrefix(got, "in thread 0.5: ❌ #1 up orders: failed") || !strings.HasSuffix(got, "in thread 0.5:   disk full") {
			t.Error(got)
		}
	})
}

func TestWhatIsSaidOfAMove(t *testing.T) {
	tests := []struct {
		name  string
		asked func(*approval.Request)
		then  func(p *post, id approval.ID)
		where string
		want  string
	}{
		{
			"the requester is told who rejected it, and why", nil, func(p *post, id approval.ID) { p.moves(id, ballot(lee, false, "not now")) },
			"U0ANA", "⛔ #1 up orders: rejected / @U0LEE rejected it: “not now”. Nothing ran.",
		},
		{"and that nobody decided", nil, func(p *post, id approval.ID) {
			time.Sleep(time.Hour)
			p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Expire(now) })
		}, "U0ANA", "⌛ #1 up orders: expired / Its time is over: 0 of 1 agreed. Nothing ran."},
		{"and that it does not hold any more", nil, func(p *post, id approval.ID) {
			p.moves(id, ballot(lee, true, ""))
			p.moves(id, claims)
			p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) {
				return r.Invalidate(r.Fence, "Lee is no lead any more.", now)
			})
		}, "U0ANA", "👍 #1 up orders: approved / Enough people have agreed. It starts in a moment.\n" +
			"🚫 #1 up orders: invalidated / It may not run any more. Lee is no lead any more. Nothing ran."},
		{"who withdraws knows it", nil, func(p *post, id approval.ID) {
			p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) {
				return r.Withdraw(approval.Voter{ID: ana}, now)
			})
		}, "U0ANA", ""},
		{"who needs nobody is not told that it was agreed", func(r *approval.Request) { r.Terms = approval.Terms{} }, func(p *post, _ approval.ID) {}, "U0ANA", ""},
		{"those who may agree are reminded, by name", nil, func(p *post, id approval.ID) {
			p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Remind(now) })
		}, "C0GENERAL", "✋ #1 up orders: pending / One of leads must agree, and not the person who asked. It expires 2000-01-01 01:00:00 UTC. [Approve] [Reject] [Withdraw]\n" +
			"in thread 1.0: Still waiting. One of leads must agree, and not the person who asked. It expires 2000-01-01 01:00:00 UTC. @U0LEE, @U0MIA"},
	}
	for _, tt := range tests {
		happens(t, tt.name, func(t *testing.T, p *post) {
			id := p.wishes(t, func(r *approval.Request) {
				if tt.asked != nil {
					tt.asked(r)
				}
			})
			p.delivers(t)
			tt.then(p, id)
			p.delivers(t)
			same(t, tt.name, p.hall.in(tt.where), tt.want)
		})
	}
}

func TestBrokenGlassIsHeardByEveryLead(t *testing.T) {
	happens(t, "groups of Slack too", func(t *testing.T, p *post) {
		p.Policy.Groups = map[string]Group{"leads": {Users: []string{"U0LEE", "U0MIA"}, Usergroups: []string{"S0ENGINEER"}}}
		p.directory.rosters["S0ENGINEER"] = []string{"U0ANA", "U0BEN", "U0MIA", "U0DAN"}
		p.hall.fate = func(call, channel string) error {
			if channel == "U0DAN" {
				return errors.New("user_disabled")
			}
			return nil
		}
		id := p.wishes(t, func(r *approval.Request) { r.Terms.BreakGlass = true })
		p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.BreakGlass(approval.Voter{ID: lee, Entitled: true}, "the shop is down", now)
		})
		p.delivers(t)
		const said = "👍 #1 up orders: approved / @U0LEE broke the glass and decided alone: “the shop is down”. It starts in a moment."
		same(t, "ben", p.hall.in("U0BEN"), said)
		same(t, "mia, once", p.hall.in("U0MIA"), said)
		same(t, "ana, who asked", p.hall.in("U0ANA"), said)
		same(t, "lee, who did it", p.hall.in("U0LEE"), "")
		if len(p.box.lost) > 0 {
			t.Errorf("lost: %v", p.box.lost)
		}
	})
	happens(t, "once, though Slack does not answer", func(t *testing.T, p *post) {
		p.Policy.Groups = map[string]Group{"leads": {Usergroups: []string{"S0ENGINEER"}}}
		id := p.wishes(t, func(r *approval.Request) { r.Terms.BreakGlass = true })
		p.delivers(t)
		p.hall.fate = func(call, channel string) error {
			if channel == "U0BEN" && call == "post" {
				p.hall.fate = nil
				return errDone
			}
			return nil
		}
		p.moves(id, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.BreakGlass(approval.Voter{ID: lee, Entitled: true}, "the shop is down", now)
		})
		p.delivers(t)
		if n := len(p.hall.by("1-2-lead-S0ENGINEER-U0BEN")); n != 1 {
			t.Errorf("ben was told %d times", n)
		}
	})
}

func TestElsewhere(t *testing.T) {
	gone := func(channels ...string) func(string, string) error {
		return func(_, channel string) error {
			for _, c := range channels {
				if c == channel {
					return ErrGone
				}
			}
			return nil
		}
	}
	happens(t, "dbbot is not in the channel", func(t *testing.T, p *post) {
		p.hall.fate = gone("C0GENERAL")
		p.wishes(t)
		p.delivers(t)
		if got := p.hall.in("C0ORDERS"); !strings.Contains(got, "[Approve]") || !strings.HasSuffix(p.hall.notes[0].text, "It was asked in #C0GENERAL, where dbbot cannot show it.") {
			t.Error(p.hall.notes[0].text)
		}
		if got := p.hall.in("U0ANA"); !strings.HasPrefix(got, "Your request #1 is shown in #C0ORDERS; dbbot cannot show it where you asked. The card of #1") {
			t.Error(got)
		}
	})
	happens(t, "nor in the database's", func(t *testing.T, p *post) {
		p.hall.fate = gone("C0GENERAL", "C0ORDERS")
		id := p.wishes(t)
		p.moves(id, ballot(lee, true, ""))
		p.runs(id)
		p.moves(id, finishes(approval.Failed, "no room", &commands.View{Parts: []commands.Part{{Code: &commands.Code{Text: "disk full"}}}}))
		p.delivers(t)
		got := p.hall.in("U0ANA")
		for _, want := range []string{"❌ #1 up orders: failed", "disk full"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
		same(t, "what was given up", strings.Join(p.box.lost, "\n"), "notice to C0ORDERS: "+ErrGone.Error())
	})
	happens(t, "the card is deleted", func(t *testing.T, p *post) {
		id := p.wishes(t)
		p.delivers(t)
		p.hall.remove(p.hall.place(p.hall.notes[0]))
		p.moves(id, ballot(lee, false, ""))
		p.delivers(t)
		same(t, "it is posted anew", p.hall.in("C0GENERAL"), "⛔ #1 up orders: rejected / @U0LEE rejected it. Nothing ran.")
	})
	happens(t, "people of another organisation read the channel", func(t *testing.T, p *post) {
		p.directory.shared = map[string]bool{"C0GENERAL": true}
		p.wishes(t)
		p.delivers(t)
		if p.hall.in("C0GENERAL") != "" || !strings.Contains(p.hall.in("C0ORDERS"), "[Approve]") {
			t.Error(p.hall.in("C0GENERAL"), p.hall.in("C0ORDERS"))
		}
	})
	happens(t, "they are invited while the card stands there", func(t *testing.T, p *post) {
		id := p.wishes(t)
		p.delivers(t)
		p.directory.shared = map[string]bool{"C0GENERAL": true}
		p.moves(id, ballot(lee, true, ""))
		p.runs(id)
		p.moves(id, finishes(approval.Failed, "no room", &commands.View{Parts: []commands.Part{{Code: &commands.Code{Text: "disk full"}}}}))
		p.delivers(t)
		if got := p.hall.in("C0GENERAL"); strings.Contains(got, "disk full") || !strings.Contains(got, "failed") || !strings.Contains(p.hall.in("U0ANA"), "disk full") {
			t.Errorf("they read\n%s\nana reads\n%s", got, p.hall.in("U0ANA"))
		}
	})
}

func TestGivenUp(t *testing.T) {
	happens(t, "Slack refuses for good, and then not", func(t *testing.T, p *post) {
		refused := 0
		p.hall.fate = func(call, channel string) error {
			if refused++; refused < maxRefusals {
				return errors.New("invalid_blocks")
			}
			return nil
		}
		p.wishes(t)
		p.delivers(t)
		if !strings.Contains(p.hall.in("C0GENERAL"), "[Approve]") {
			t.Errorf("gave up after %d refusals", refused)
		}
	})
	happens(t, "dbbot may not look whether it stands there", func(t *testing.T, p *post) {
		first := true
		p.hall.fate = func(call, _ string) error {
			switch {
			case call == "find":
				return ErrUnsure // it lacks the scope
			case call == "post" && first:
				first = false
				return ErrUnsure
			}
			return nil
		}
		p.wishes(t)
		p.delivers(t)
		if got := p.hall.notes; len(got) != 1 || !strings.Contains(got[0].text, "Slack did not say whether this stands here already.") {
			t.Errorf("%d cards; given up: %q", len(got), p.box.lost)
		}
	})
	happens(t, "nowhere", func(t *testing.T, p *post) {
		p.hall.fate = func(string, string) error { return errors.New("account_inactive") }
		p.wishes(t)
		p.delivers(t)
		same(t, "given up", strings.Join(p.box.lost, "\n"), "card to U0ANA: account_inactive")
	})
	happens(t, "Slack is away for more than a day", func(t *testing.T, p *post) {
		p.hall.fate = func(string, string) error { return ErrUnsure }
		p.wishes(t)
		p.box.pump()
		var again time.Duration
		for range 5000 {
			if again, _ = p.Deliver(t.Context(), 1); again == 0 {
				break
			}
			time.Sleep(again)
		}
		same(t, "given up", strings.Join(p.box.lost, "\n"), "card to C0GENERAL: Slack did not take it for a day")
		if tries := p.hall.calls; tries > 2*int(patience/lastTry)+20 /* looked for, then posted */ {
			t.Errorf("%d calls in a day", tries)
		}
	})
}

// Group is the policy's, shortened for these tests.
type Group = policy.Group

func TestNothingToSay(t *testing.T) {
	happens(t, "a body that is not ours", func(t *testing.T, p *post) {
		p.wishes(t)
		p.box.pump()
		p.box.add(store.Message{Key: "broken", Request: 1, Kind: store.Direct, To: "U0ANA", Body: []byte("{")})
		p.delivers(t)
		same(t, "given up", strings.Join(p.box.lost, "\n"), "direct to U0ANA: "+errNotSaid.Error())
	})
	happens(t, "the state database is away", func(t *testing.T, p *post) {
		p.box.down = &ops.Error{Message: "away"}
		if again, err := p.Deliver(t.Context(), 1); !errors.Is(err, p.box.down) || again != 0 {
			t.Error(again, err)
		}
	})
}

func TestFiles(t *testing.T) {
	long := func(r *approval.Request) {
		code := strings.Repeat("create index concurrently on orders (customer_id);\n", 100)
		r.Shown = asJSON(commands.View{Title: "Apply 1 migration", Parts: []commands.Part{{Code: &commands.Code{Title: "7.sql", Text: code}}}})
	}
	happens(t, "a long plan is a file in the thread", func(t *testing.T, p *post) {
		p.wishes(t, long)
		p.delivers(t)
		same(t, "file", strings.Join(p.hall.files, "\n"), "1.0 plan-1.txt (Plan of #1), 5324 bytes")
		if card := p.hall.notes[0].text; !strings.Contains(card, "… 61 lines more; the file in the thread has all") {
			t.Error(card)
		}
	})
	happens(t, "which Slack refuses", func(t *testing.T, p *post) {
		p.hall.fate = func(call, _ string) error {
			if call == "attach" {
				return errors.New("missing_scope")
			}
			return nil
		}
		p.wishes(t, long)
		p.delivers(t)
		if got := p.hall.notes[1].text; !strings.HasSuffix(got, "Slack did not take the file. In a terminal dbbot ask request 1 shows all of it.") {
			t.Error(got)
		}
	})
	happens(t, "or takes later", func(t *testing.T, p *post) {
		tries := 0
		p.hall.fate = func(call, _ string) error {
			if call == "attach" {
				if tries++; tries < 3 {
					return &Later{After: time.Second}
				}
			}
			return nil
		}
		p.wishes(t, long)
		p.delivers(t)
		if len(p.hall.files) != 1 || len(p.hall.notes) != 2 {
			t.Errorf("files %v, %d messages", p.hall.files, len(p.hall.notes))
		}
	})
}
