package approval_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"

	"pgregory.net/rapid"
)

// life is a request to which random people do random things, and what a second, simpler reading of the rules says of it.
type life struct {
	t   *rapid.T
	r   approval.Request
	now time.Time

	agreed map[ops.PersonID]bool // who may be counted: entitled, seen, in time, not the requester
	broken bool                  // the glass, by somebody entitled, with a reason, where the terms allow it
	denied bool
	until  time.Time // the end of the wait, and then of the consent
	owner  int64     // the fence that may write
}

var (
	crowd = rapid.SampledFrom([]string{"U0ANA", "U0LEE", "U0MIA", "U0BEN", ""})
	terms = rapid.Custom(func(t *rapid.T) approval.Terms {
		if rapid.IntRange(0, 5).Draw(t, "free") == 0 {
			return approval.Terms{}
		}
		return approval.Terms{
			By: []string{"leads"}, Count: rapid.IntRange(1, 3).Draw(t, "count"), Within: time.Duration(rapid.IntRange(1, 120).Draw(t, "within")) * time.Second,
			Alone: rapid.IntRange(0, 7).Draw(t, "alone") == 0, BreakGlass: rapid.Bool().Draw(t, "break glass"),
		}
	})
	voters = rapid.Custom(func(t *rapid.T) approval.Voter {
		v := voter("U0XXX", rapid.IntRange(0, 3).Draw(t, "entitled") > 0)
		v.ID.User = crowd.Draw(t, "who")
		v.ID.Team = rapid.SampledFrom([]string{"T0DEMO", "T0DEMO", "T0DEMO", "T0OTHER"}).Draw(t, "team")
		v.Unseen = rapid.IntRange(0, 7).Draw(t, "unseen") == 0
		return v
	})
	reasons = rapid.SampledFrom([]string{"", " \n", "the shop is down"})
	ends    = rapid.SampledFrom([]approval.State{approval.Succeeded, approval.Failed, approval.Cancelled, approval.Interrupted, approval.Approved})
	// drawing is design section 5: where a state may lead. A state that leads to itself is one in which something is noted.
	drawing = map[approval.State][]approval.State{
		approval.Pending:  {approval.Pending, approval.Approved, approval.Rejected, approval.Expired, approval.Withdrawn},
		approval.Approved: {approval.Approved, approval.Running, approval.Rejected, approval.Withdrawn, approval.Invalidated},
		approval.Running:  {approval.Running, approval.Succeeded, approval.Failed, approval.Cancelled, approval.Interrupted},
	}
)

// No path reaches running without what the terms ask; a denial ends what does not run; what is over stays over; and
// whatever happens, the request stays whole.
func TestNothingRunsWithoutConsent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ask := wish(terms.Draw(t, "terms"))
		m, err := approval.New(ask, noon)
		if err != nil {
			t.Fatal(err)
		}
		m.After.ID = 42
		hold := ask.Terms.Within
		if m.After.State == approval.Approved {
			hold = max(hold, time.Minute)
			if ask.Terms.Count == 0 {
				hold = 30 * time.Minute
			}
		}
		l := &life{t: t, r: m.After, now: noon, agreed: map[ops.PersonID]bool{}, until: noon.Add(hold)}
		t.Repeat(map[string]func(*rapid.T){
			"time passes": func(t *rapid.T) {
				l.now = l.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
			},
			"agree":       l.agree,
			"deny":        l.deny,
			"break glass": l.glass,
			"withdraw":    l.withdraw,
			"cancel":      l.cancel,
			"expire":      func(*rapid.T) { l.makes(l.r.Expire(l.now)) },
			"remind":      func(*rapid.T) { l.makes(l.r.Remind(l.now)) },
			"claim":       func(t *rapid.T) { l.takes(l.r.Claim(rapid.Int64Range(1, 3).Draw(t, "worker"), l.now)) },
			"wait":        l.fenced(func(f int64) (approval.Move, error) { return l.r.Wait(f, 9, l.now) }),
			"invalidate":  l.fenced(func(f int64) (approval.Move, error) { return l.r.Invalidate(f, "", l.now) }),
			"start":       l.start,
			"take over":   func(t *rapid.T) { l.takes(l.r.TakeOver(rapid.Int64Range(1, 3).Draw(t, "worker"), l.now)) },
			"finish": l.fenced(func(f int64) (approval.Move, error) {
				return l.r.Finish(f, ends.Draw(l.t, "end"), "", nil, l.now)
			}),
			"": func(t *rapid.T) { l.whole(t) },
		})
	})
}

// counts says whether what somebody says can count at all.
func counts(v approval.Voter) bool {
	return v.Entitled && !v.Unseen && v.ID.User != "" && v.ID != ana.ID
}

func (l *life) inTime() bool { return l.now.Before(l.until) }

func (l *life) agree(t *rapid.T) {
	v := voters.Draw(t, "voter")
	before := l.r.State
	ok := l.makes(l.r.Vote(v, true, "", l.now))
	if want := before == approval.Pending && l.inTime() && counts(v) && !l.agreed[v.ID]; ok != want {
		t.Fatalf("agreeing: %v, want %v", ok, want)
	}
	if ok {
		l.agreed[v.ID] = true
		l.consented(before)
	}
}

func (l *life) deny(t *rapid.T) {
	v := voters.Draw(t, "voter")
	before := l.r.State
	ok := l.makes(l.r.Vote(v, false, reasons.Draw(t, "why"), l.now))
	stoppable := before == approval.Pending && l.inTime() || before == approval.Approved
	if want := stoppable && counts(v); ok != want {
		t.Fatalf("denying: %v, want %v", ok, want)
	}
	l.denied = l.denied || ok
}

func (l *life) glass(t *rapid.T) {
	v, why := voters.Draw(t, "voter"), reasons.Draw(t, "why")
	before := l.r.State
	ok := l.makes(l.r.BreakGlass(v, why, l.now))
	may := counts(v) || v.ID == ana.ID && v.Entitled && !v.Unseen
	if want := before == approval.Pending && l.inTime() && may && l.r.Terms.BreakGlass && why == "the shop is down"; ok != want {
		t.Fatalf("breaking the glass: %v, want %v", ok, want)
	}
	if ok {
		l.broken, l.agreed[v.ID] = true, counts(v)
		l.consented(before)
	}
}

// consented notes that the consent, where it has become whole, holds anew.
func (l *life) consented(before approval.State) {
	if before == approval.Pending && l.r.State == approval.Approved {
		l.until = l.now.Add(max(l.r.Terms.Within, time.Minute))
	}
}

func (l *life) withdraw(t *rapid.T) {
	v := voters.Draw(t, "voter")
	before := l.r.State
	ok := l.makes(l.r.Withdraw(v, l.now))
	if want := v.ID == ana.ID && !v.Unseen && (before == approval.Pending || before == approval.Approved); ok != want {
		t.Fatalf("withdrawing: %v, want %v", ok, want)
	}
}

func (l *life) cancel(t *rapid.T) {
	v := voters.Draw(t, "voter")
	before := l.r
	ok := l.makes(l.r.AskCancel(v, "", l.now))
	may := counts(v) || v.ID == ana.ID && !v.Unseen
	if want := may && before.State == approval.Running && before.Cancel == nil; ok != want {
		t.Fatalf("cancelling: %v, want %v", ok, want)
	}
}

// takes is a move that gives the request to a worker.
func (l *life) takes(m approval.Move, err error) {
	if l.makes(m, err) {
		l.owner = l.r.Fence
	}
}

// fenced does it under some fence: only the last that was given out may write, and not after the claim was given back.
func (l *life) fenced(do func(fence int64) (approval.Move, error)) func(*rapid.T) {
	return func(t *rapid.T) {
		fence := rapid.Int64Range(max(0, l.r.Fence-2), l.r.Fence+1).Draw(t, "fence")
		m, err := do(fence)
		if l.makes(m, err) && fence != l.owner {
			t.Fatalf("fence %d wrote, %d has it", fence, l.owner)
		}
		if m.Event == approval.Waits {
			l.owner = -1
		}
	}
}

func (l *life) start(t *rapid.T) {
	digest := rapid.SampledFrom([]string{l.r.Digest, l.r.Digest, l.r.Digest, "another"}).Draw(t, "digest")
	l.fenced(func(f int64) (approval.Move, error) {
		m, err := l.r.Start(f, digest, l.now)
		held := l.r.State == approval.Approved && f > 0 && f == l.owner
		if want := held && !l.denied && l.inTime() && digest == l.r.Digest && l.consent(); want != (err == nil) {
			t.Fatalf("%v; held %v, denied %v, in time %v, consent %v, terms %+v", err, held, l.denied, l.inTime(), l.consent(), l.r.Terms)
		}
		return m, err
	})(t)
}

// consent is the second reading of what the terms ask for.
func (l *life) consent() bool {
	return l.r.Terms.Count == 0 || l.r.Terms.Alone || l.broken && l.r.Terms.BreakGlass || len(l.agreed) >= l.r.Terms.Count
}

// makes takes a move that was made, after looking whether it is a step on the drawing; it says whether one was.
func (l *life) makes(m approval.Move, err error) bool {
	before := l.r
	if err != nil {
		refusal, refused := errors.AsType[*approval.Refusal](err)
		if refused && (refusal.Code == "" || refusal.Tried == "" || refusal.Said.Message == "") {
			l.t.Fatalf("a refusal without words: %+v", refusal)
		}
		if !reflect.DeepEqual(m, approval.Move{}) {
			l.t.Fatalf("an error and a move: %v, %+v", err, m)
		}
		return false
	}
	switch after := m.After; {
	case !reflect.DeepEqual(m.Before, before):
		l.t.Fatalf("%s is not a move of the request as it was", m.Event)
	case after.Version != before.Version+1:
		l.t.Fatalf("%s: version %d after %d", m.Event, after.Version, before.Version)
	case after.Fence < before.Fence:
		l.t.Fatalf("%s: fence %d after %d", m.Event, after.Fence, before.Fence)
	case !slices.Contains(drawing[before.State], after.State):
		l.t.Fatalf("%s leads from %s to %s", m.Event, before.State, after.State)
	case (after.State == approval.Approved && before.State == approval.Pending) != slices.Contains(m.Work(), approval.Work{Kind: approval.ToRun, ID: 42}):
		l.t.Fatalf("%s → %s gives the work %+v", before.State, after.State, m.Work())
	}
	l.r = m.After
	return true
}

// whole says what is true of a request at any time.
func (l *life) whole(t *rapid.T) {
	r := l.r
	people := map[ops.PersonID]bool{}
	agreeing := 0
	for _, v := range r.Votes {
		if people[v.By] {
			t.Fatalf("%v has two votes: %+v", v.By, r.Votes)
		}
		people[v.By] = true
		if v.Agree && l.agreed[v.By] {
			agreeing++
		}
	}
	switch {
	case r.Agreeing() > agreeing:
		t.Fatalf("%d are counted, %d have agreed", r.Agreeing(), agreeing)
	case r.State.Open() != r.Ended.IsZero():
		t.Fatalf("%s, ended %s", r.State, r.Ended)
	case (r.State == approval.Approved || !r.Started.IsZero()) && !l.consent():
		t.Fatalf("%s without consent: %+v", r.State, r)
	case r.State == approval.Pending && l.denied:
		t.Fatal("denied, and still open")
	case !slices.Equal(r.Plan, wish(oneLead).Plan) || r.Requester != ana.ID || r.Key != "act-1":
		t.Fatalf("what was asked for has changed: %+v", r)
	}
}
