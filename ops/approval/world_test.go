package approval_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// The people: Ana asks; Lee and Mia are leads, who may decide.
var (
	ana = voter("U0ANA", false)
	lee = voter("U0LEE", true)
	mia = voter("U0MIA", true)
)

func voter(user string, entitled bool) approval.Voter {
	return approval.Voter{ID: ops.PersonID{Team: "T0DEMO", User: user}, Name: strings.ToLower(user[2:]), Entitled: entitled}
}

// oneLead has to agree within an hour, or may break the glass.
var oneLead = approval.Terms{By: []string{"leads"}, Count: 1, Within: time.Hour, BreakGlass: true}

func leads(n int) approval.Terms {
	terms := oneLead
	terms.Count = n
	return terms
}

// wish is a request that lacks nothing.
func wish(terms approval.Terms) approval.Request {
	r := approval.Request{
		Key: "act-1", Command: "terminate", Words: "terminate 4242 orders", Risk: ops.Destroy, Requester: ana.ID, Terms: terms,
		Target: ops.Target{Database: "orders", Environment: "production"}, Server: approval.Server{System: "71", Database: "orders"},
		Reason: "it blocks checkout", Plan: []byte(`{"pid":4242}`), Shown: []byte(`{}`), Origin: approval.Place{Channel: "C0ORDERS"},
	}
	r.Digest = approval.Digest(r.Command, r.Server, r.Plan)
	return r
}

// act is a move of a request as it is.
type act func(approval.Request, time.Time) (approval.Move, error)

func agree(v approval.Voter) act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Vote(v, true, "", now) }
}

func deny(v approval.Voter) act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Vote(v, false, "no", now) }
}

func breakGlass(v approval.Voter, why string) act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.BreakGlass(v, why, now) }
}

func withdraw(v approval.Voter) act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Withdraw(v, now) }
}

func cancel(v approval.Voter) act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.AskCancel(v, "too slow", now) }
}

func expire(r approval.Request, now time.Time) (approval.Move, error) { return r.Expire(now) }

func remind(r approval.Request, now time.Time) (approval.Move, error) { return r.Remind(now) }

func claim(r approval.Request, now time.Time) (approval.Move, error) { return r.Claim(7, now) }

func start(r approval.Request, now time.Time) (approval.Move, error) {
	return r.Start(r.Fence, r.Digest, now)
}

func wait(r approval.Request, now time.Time) (approval.Move, error) { return r.Wait(r.Fence, 9, now) }

func invalidate(r approval.Request, now time.Time) (approval.Move, error) {
	return r.Invalidate(r.Fence, "The plan has changed.", now)
}

func takeOver(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(8, now) }

func finish(state approval.State) act {
	return func(r approval.Request, now time.Time) (approval.Move, error) {
		return r.Finish(r.Fence, state, "so it went", []byte(`{}`), now)
	}
}

// after is what a request with these terms becomes by acts that must all be possible, a minute apart.
func after(t testing.TB, terms approval.Terms, acts ...act) approval.Request {
	t.Helper()
	m, err := approval.New(wish(terms), noon)
	if err != nil {
		t.Fatal(err)
	}
	m.After.ID = 42
	for i, do := range acts {
		if m, err = do(m.After, noon.Add(time.Duration(i+1)*time.Minute)); err != nil {
			t.Fatalf("act %d on %s: %v", i+1, m.After.State, err)
		}
	}
	return m.After
}

// outcome is what an act did, on one line: the event and the state, or why not.
func outcome(m approval.Move, err error) string {
	refusal, refused := errors.AsType[*approval.Refusal](err)
	switch {
	case err == nil:
		return fmt.Sprintf("%s → %s", m.Event, m.After.State)
	case refused:
		return strings.TrimSpace(fmt.Sprintf("(%s) %s %s", refusal.Code, refusal.Said.Message, refusal.Said.Hint))
	default:
		return "error: " + err.Error()
	}
}
