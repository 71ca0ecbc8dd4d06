package commands

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dbbot/ops"
	"dbbot/ops/approval"
)

var (
	anaID = ops.PersonID{Team: "T0DEMO", User: "U0ANA"}
	leeID = ops.PersonID{Team: "T0DEMO", User: "U0LEE"}
	miaID = ops.PersonID{Team: "T0DEMO", User: "U0MIA"}
)

// wish is a pending request, changed as the test says.
func wish(change ...func(*approval.Request)) approval.Request {
	r := approval.Request{
		ID: 42, State: approval.Pending, Command: "terminate", Words: "terminate 4242 orders", Risk: ops.Destroy,
		Target: ops.Target{Database: "orders", Environment: "production"}, Requester: anaID, Reason: "the checkout hangs behind it",
		Origin: approval.Place{Channel: "C0ORDERS"}, Digest: "a1b2c3d4e5f60718",
		Terms: approval.Terms{By: []string{"leads"}, Count: 2, Within: 15 * time.Minute},
		Asked: noon, Expires: noon.Add(15 * time.Minute),
		Shown: asJSON(View{
			Title: "End session 4242", Lead: Say("shop-web of ana, idle in transaction for 4 min, blocks 3 others."),
			Parts: []Part{
				{Section: &Section{Title: "It blocks", Summary: Say("pid 4300, 4301 and 4302"), Buttons: []Button{{Name: "terminate 4300"}}}},
				{Code: &Code{Title: "Its last statement", Text: "update stock set n = n - $1"}},
			},
			Notes: []Text{Say("What it has not committed is lost.")},
		}),
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func asJSON(v View) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

func agreedBy(who ...ops.PersonID) func(*approval.Request) {
	return func(r *approval.Request) {
		for i, by := range who {
			r.Votes = append(r.Votes, approval.Vote{By: by, Agree: true, At: noon.Add(time.Duration(i+1) * time.Minute)})
		}
	}
}

func approved(r *approval.Request) {
	agreedBy(leeID, miaID)(r)
	r.State, r.Decided = approval.Approved, noon.Add(2*time.Minute)
}

func running(r *approval.Request) {
	approved(r)
	r.State, r.Started = approval.Running, noon.Add(2*time.Minute+time.Second)
}

func ended(state approval.State, why string) func(*approval.Request) {
	return func(r *approval.Request) {
		if running(r); !state.Open() {
			r.State, r.Why, r.Ended = state, why, r.Started.Add(3200*time.Millisecond)
		}
	}
}

func cancelledBy(who ops.PersonID, why string) func(*approval.Request) {
	return func(r *approval.Request) { r.Cancel = &approval.Cancel{By: who, Why: why, At: noon} }
}

func came3(r *approval.Request) {
	r.Outcome = asJSON(View{Lead: Say("Session 4242 is gone; the three behind it go on."), Parts: []Part{{Section: &Section{Title: "It had", Summary: Say("2 locks")}}}})
}

// cards are a request in every state that looks different.
var cards = []struct {
	name   string
	change []func(*approval.Request)
}{
	{"nobody has agreed yet", nil},
	{"one of two has", []func(*approval.Request){agreedBy(leeID)}},
	{"one of several groups is enough", []func(*approval.Request){func(r *approval.Request) {
		r.Terms = approval.Terms{By: []string{"leads", "owners"}, Count: 1, BreakGlass: true}
		r.Reason, r.Risk, r.Target.Environment = "", ops.Operate, ""
	}}},
	{"agreed", []func(*approval.Request){approved}},
	{"agreed, and another one runs", []func(*approval.Request){approved, func(r *approval.Request) { r.WaitsFor = 41 }}},
	{"alone", []func(*approval.Request){approved, func(r *approval.Request) { r.Terms.Alone, r.Votes = true, nil }}},
	{"nobody has to agree", []func(*approval.Request){approved, func(r *approval.Request) { r.Terms, r.Votes = approval.Terms{}, nil }}},
	{"broken glass", []func(*approval.Request){approved, func(r *approval.Request) {
		r.Glass, r.By, r.Why = true, leeID, "it is 3 a.m. and the shop is down"
		r.Votes = []approval.Vote{{By: leeID, Agree: true, Why: r.Why, At: noon}}
	}}},
	{"just begun", []func(*approval.Request){running}},
	{"half way", []func(*approval.Request){running, func(r *approval.Request) {
		r.Progress = approval.Progress{Phase: "waiting for it to go", Done: 7, Total: 12}
	}}},
	{"no end known", []func(*approval.Request){running, func(r *approval.Request) { r.Progress = approval.Progress{Phase: "rows", Done: 900} }}},
	{"being stopped", []func(*approval.Request){running, cancelledBy(miaID, "wrong session")}},
	{"being stopped with dbbot", []func(*approval.Request){running, cancelledBy(ops.PersonID{}, "dbbot is being restarted")}},
	{"succeeded", []func(*approval.Request){ended(approval.Succeeded, ""), came3}},
	{"failed", []func(*approval.Request){ended(approval.Failed, "The session was not there any more")}},
	{"cancelled by somebody", []func(*approval.Request){ended(approval.Cancelled, "Nothing was changed."), cancelledBy(miaID, "wrong session")}},
	{"cancelled by the end of dbbot", []func(*approval.Request){ended(approval.Cancelled, "dbbot was being restarted."), cancelledBy(ops.PersonID{}, "")}},
	{"interrupted", []func(*approval.Request){ended(approval.Interrupted, "The connection was lost before the server answered.")}},
	{"rejected", []func(*approval.Request){agreedBy(miaID), func(r *approval.Request) {
		r.State, r.By, r.Why = approval.Rejected, leeID, "wait until the import is through"
		r.Votes = append(r.Votes, approval.Vote{By: leeID, Why: r.Why})
	}}},
	{"expired", []func(*approval.Request){agreedBy(leeID), func(r *approval.Request) { r.State = approval.Expired }}},
	{"withdrawn", []func(*approval.Request){func(r *approval.Request) { r.State, r.By = approval.Withdrawn, anaID }}},
	{"invalidated", []func(*approval.Request){approved, func(r *approval.Request) {
		r.State, r.Why = approval.Invalidated, "Session 4242 has begun another transaction since."
	}}},
}

func TestCards(t *testing.T) {
	var all strings.Builder
	for _, c := range cards {
		fmt.Fprintf(&all, "=== %s\n%s\n\n", c.name, RequestView(wish(c.change...), []string{"U0LEE", "U0MIA"}).Text())
	}
	golden(t, "cards.golden", all.String())
}

// Every state has a sentence, a mark and its own word; no plan is pressed inside a card.
func TestEveryStateIsSaid(t *testing.T) {
	seen := map[approval.State]bool{}
	for _, c := range cards {
		r := wish(c.change...)
		seen[r.State] = true
		view := RequestView(r, nil)
		if !strings.HasSuffix(view.Title, ": "+string(r.State)) || marks[r.State] == "" || view.Lead.String() == "" {
			t.Errorf("%s: title %q, lead %q", c.name, view.Title, view.Lead)
		}
		for _, part := range view.Parts {
			if part.Section != nil && len(part.Section.Buttons) > 0 {
				t.Errorf("%s: a plan has buttons: %v", c.name, part.Section.Buttons)
			}
		}
	}
	if len(seen) != len(marks) {
		t.Errorf("cards show %d of %d states", len(seen), len(marks))
	}
}

func TestManyWhoMayAgree(t *testing.T) {
	var ids []string
	for i := range maxMay + 3 {
		ids = append(ids, fmt.Sprint("U", i))
	}
	if got := Mentions(ids).String(); !strings.HasSuffix(got, "@U7 and 3 more") {
		t.Error(got)
	}
}

// A bar has as many characters whatever is reported, and is neither full before the end nor beyond it.
func TestBar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := approval.Progress{Phase: "x", Done: rapid.Int64().Draw(t, "done"), Total: rapid.Int64Min(1).Draw(t, "total")}
		text := progress(p).String()
		if n := strings.Count(text, "▓") + strings.Count(text, "░"); n != bar {
			t.Fatalf("%d characters: %q", n, text)
		}
		if full := strings.Count(text, "▓") == bar; full != (p.Done >= p.Total) {
			t.Fatalf("%d of %d: %q", p.Done, p.Total, text)
		}
	})
}

// What people and databases say stays on its line, however they write it.
func TestCardIsInert(t *testing.T) {
	evil := "x\n<!channel>\x1b[2J\u202e*b* `c`"
	r := wish(func(r *approval.Request) {
		r.Words, r.Reason, r.Target.Database = evil, evil, evil
		r.Shown = asJSON(View{Title: evil, Lead: Say(evil)})
	})
	text := RequestView(r, []string{evil}).Text()
	if plain := strings.Count(RequestView(wish(), []string{"U0LEE"}).Text(), "\n"); strings.Count(text, "\n") > plain || strings.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("%q", text)
	}
}
