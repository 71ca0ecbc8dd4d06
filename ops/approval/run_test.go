package approval_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

func TestEveryWriteOfAWorkerIsFenced(t *testing.T) {
	claimed := after(t, oneLead, agree(lee), claim)
	running := after(t, oneLead, agree(lee), claim, start)
	for _, tt := range []struct {
		name string
		r    approval.Request
		do   func(r approval.Request, fence int64) (approval.Move, error)
	}{
		{"wait", claimed, func(r approval.Request, fence int64) (approval.Move, error) { return r.Wait(fence, 9, noon) }},
		{"invalidate", claimed, func(r approval.Request, fence int64) (approval.Move, error) { return r.Invalidate(fence, "", noon) }},
		{"start", claimed, func(r approval.Request, fence int64) (approval.Move, error) { return r.Start(fence, r.Digest, noon) }},
		{"finish", running, func(r approval.Request, fence int64) (approval.Move, error) {
			return r.Finish(fence, approval.Failed, "", nil, noon)
		}},
	} {
		if _, err := tt.do(tt.r, tt.r.Fence); err != nil {
			t.Errorf("%s with its own fence: %v", tt.name, err)
		}
		for _, fence := range []int64{0, tt.r.Fence - 1, tt.r.Fence + 1} {
			if m, err := tt.do(tt.r, fence); !errors.Is(err, approval.ErrFence) || m.Event != "" {
				t.Errorf("%s with fence %d of %d: %s, %v", tt.name, fence, tt.r.Fence, m.Event, err)
			}
		}
	}
	if m, _ := claimed.Claim(8, noon); m.After.Fence != claimed.Fence+1 || m.After.Worker != 8 {
		t.Errorf("claimed again: fence %d, worker %d", m.After.Fence, m.After.Worker)
	}
	if m, _ := running.TakeOver(8, noon); m.After.Fence != running.Fence+1 || m.After.Worker != 8 || m.After.State != approval.Running {
		t.Errorf("taken over: fence %d, worker %d, %s", m.After.Fence, m.After.Worker, m.After.State)
	}
}

func TestWhoWaitsHasNoWorker(t *testing.T) {
	r := after(t, oneLead, agree(lee), claim, wait)
	if r.Worker != 0 || r.WaitsFor != 9 || r.State != approval.Approved {
		t.Errorf("worker %d, waits for %s, %s", r.Worker, r.WaitsFor, r.State)
	}
	if m, _ := after(t, oneLead, agree(lee), claim).Wait(1, 41, noon); m.Detail != "for #41" {
		t.Errorf("the audit reads %q", m.Detail)
	}
	if _, err := r.Start(r.Fence, r.Digest, noon); !errors.Is(err, approval.ErrMoved) {
		t.Errorf("started without a claim: %v", err)
	}
	if m, _ := r.Claim(8, noon); m.After.WaitsFor != 0 {
		t.Errorf("claimed, and waits for %s", m.After.WaitsFor)
	}
	if m, _ := r.Vote(lee, false, "", noon); m.After.WaitsFor != 0 {
		t.Errorf("rejected, and waits for %s", m.After.WaitsFor)
	}
}

func TestStartRunsWhatWasAgreedToAndNothingElse(t *testing.T) {
	r := after(t, leads(2), agree(lee), agree(mia), claim)
	for name, edit := range map[string]func(*approval.Request) (digest string){
		"another plan was made":        func(*approval.Request) string { return strings.Repeat("0", 64) },
		"no plan was made":             func(*approval.Request) string { return "" },
		"the kept plan was changed":    func(r *approval.Request) string { r.Plan = []byte(`{"pid":4243}`); return r.Digest },
		"the kept server was changed":  func(r *approval.Request) string { r.Server.Database = "billing"; return r.Digest },
		"a vote was taken out":         func(r *approval.Request) string { r.Votes = r.Votes[:1]; return r.Digest },
		"a vote is the requester's":    func(r *approval.Request) string { r.Requester = lee.ID; return r.Digest },
		"more must agree":              func(r *approval.Request) string { r.Terms.Count = 3; return r.Digest },
		"terms that nobody can meet":   func(r *approval.Request) string { r.Terms.By = nil; return r.Digest },
		"none have to, of some groups": func(r *approval.Request) string { r.Terms.Count = 0; return r.Digest },
		"glass that may not be broken": func(r *approval.Request) string {
			r.Glass, r.Votes, r.Terms.BreakGlass = true, nil, false
			return r.Digest
		},
	} {
		changed := r
		digest := edit(&changed)
		if m, err := changed.Start(r.Fence, digest, noon.Add(time.Minute)); !shown(err) || m.After.State != "" {
			t.Errorf("%s: %s, %v", name, m.After.State, err)
		}
	}
	alone := oneLead
	alone.Alone = true
	for name, may := range map[string]approval.Request{
		"nobody has to agree": after(t, approval.Terms{}, claim), "alone": after(t, alone, claim), "one has": after(t, oneLead, agree(lee), claim),
		"glass": after(t, leads(2), breakGlass(lee, "now"), claim), "more than are asked for": after(t, leads(2), agree(mia), breakGlass(lee, "now"), claim),
	} {
		if _, err := start(may, noon.Add(5*time.Minute)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := r.Start(r.Fence, r.Digest, noon.Add(5*time.Minute))
	if err != nil || m.After.State != approval.Running || !m.After.Started.Equal(noon.Add(5*time.Minute)) {
		t.Errorf("%s, started %s, %v", m.After.State, m.After.Started, err)
	}
}

func TestFinishSaysWhatHappened(t *testing.T) {
	running := after(t, oneLead, agree(lee), claim, start, cancel(ana))
	for _, state := range []approval.State{approval.Succeeded, approval.Failed, approval.Cancelled, approval.Interrupted} {
		m, err := running.Finish(running.Fence, state, "so it went", []byte(`{"a":1}`), noon.Add(time.Hour))
		r := m.After
		if err != nil || r.State != state || r.Why != "so it went" || string(r.Outcome) != `{"a":1}` || !r.Ended.Equal(noon.Add(time.Hour)) || m.Detail != string(state) {
			t.Errorf("%s: %+v, %v", state, r, err)
		}
		if cancelled := r.By == ana.ID; cancelled != (state == approval.Cancelled) {
			t.Errorf("%s by %v", state, r.By)
		}
	}
	for _, state := range []approval.State{approval.Pending, approval.Approved, approval.Running, approval.Rejected, approval.Expired, approval.Withdrawn, approval.Invalidated, "", "done"} {
		if m, err := running.Finish(running.Fence, state, "", nil, noon); err == nil || m.After.State != "" {
			t.Errorf("a run ended %q", state)
		}
	}
	// The end of the program stops runs that nobody asked to cancel.
	if m, err := after(t, oneLead, agree(lee), claim, start).Finish(1, approval.Cancelled, "", nil, noon); err != nil || m.After.By != (approval.Request{}).By {
		t.Errorf("by %v, %v", m.After.By, err)
	}
}

func TestAClaimTakesAWorker(t *testing.T) {
	if m, err := after(t, approval.Terms{}).Claim(0, noon); err == nil {
		t.Errorf("claimed by nobody: %+v", m.After)
	}
	if m, err := after(t, approval.Terms{}, claim, start).TakeOver(0, noon); err == nil {
		t.Errorf("taken over by nobody: %+v", m.After)
	}
}

func TestWhoWaitsWaitsForAnother(t *testing.T) {
	r := after(t, approval.Terms{}, claim)
	for _, holder := range []approval.ID{0, r.ID} {
		if m, err := r.Wait(r.Fence, holder, noon); err == nil {
			t.Errorf("%s waits for %s", r.ID, m.After.WaitsFor)
		}
	}
}

func TestEveryMoveNamesItsActor(t *testing.T) {
	for _, tt := range []struct {
		r   approval.Request
		do  act
		who approval.Voter
	}{
		{after(t, leads(2)), agree(lee), lee},
		{after(t, oneLead), agree(lee), lee},
		{after(t, oneLead), deny(mia), mia},
		{after(t, oneLead), breakGlass(mia, "now"), mia},
		{after(t, oneLead), withdraw(ana), ana},
		{after(t, oneLead, agree(lee), claim, start), cancel(mia), mia},
		{after(t, oneLead), remind, approval.Voter{}},
		{after(t, oneLead, agree(lee)), claim, approval.Voter{}},
		{after(t, oneLead, agree(lee), claim), start, approval.Voter{}},
	} {
		m, err := tt.do(tt.r, noon.Add(10*time.Minute))
		if err != nil || m.Actor != tt.who.ID || m.Name != tt.who.Name {
			t.Errorf("%s: by %v %q, %v", m.Event, m.Actor, m.Name, err)
		}
	}
}

func TestDecisionsAreKeptWithTheirReasons(t *testing.T) {
	at := noon.Add(time.Minute)
	rejected := after(t, oneLead, deny(lee))
	if rejected.By != lee.ID || rejected.Why != "no" || !rejected.Decided.Equal(at) || !rejected.Ended.Equal(at) ||
		len(rejected.Votes) != 1 || rejected.Votes[0] != (approval.Vote{By: lee.ID, Why: "no", At: at}) {
		t.Errorf("rejected: %+v", rejected)
	}
	boss := ana // who may decide, and asks
	boss.Entitled = true
	glass := after(t, leads(2), breakGlass(boss, " the shop\nis down "))
	if glass.By != ana.ID || !glass.Glass || glass.Why != "the shop is down" || glass.State != approval.Approved ||
		len(glass.Votes) != 1 || glass.Votes[0] != (approval.Vote{By: ana.ID, Agree: true, Why: glass.Why, At: at}) || glass.Agreeing() != 0 {
		t.Errorf("glass: %+v", glass)
	}
	withdrawn := after(t, oneLead, agree(lee), withdraw(ana))
	if withdrawn.By != ana.ID || !withdrawn.Decided.Equal(at) || !withdrawn.Ended.Equal(at.Add(time.Minute)) {
		t.Errorf("withdrawn: %+v", withdrawn)
	}
	stopping := after(t, oneLead, agree(lee), claim, start, cancel(mia))
	if want := (approval.Cancel{By: mia.ID, Why: "too slow", At: noon.Add(4 * time.Minute)}); stopping.Cancel == nil || *stopping.Cancel != want {
		t.Errorf("cancel: %+v", stopping.Cancel)
	}
}

func TestAChangedMindReplacesTheVote(t *testing.T) {
	r := after(t, leads(3), agree(lee), agree(mia), deny(lee))
	want := []approval.Vote{{By: lee.ID, Why: "no", At: noon.Add(3 * time.Minute)}, {By: mia.ID, Agree: true, At: noon.Add(2 * time.Minute)}}
	if !slices.Equal(r.Votes, want) {
		t.Errorf("votes %+v", r.Votes)
	}
	before := after(t, leads(3), agree(lee))
	if _, err := before.Vote(lee, false, "", noon); err != nil || !before.Votes[0].Agree {
		t.Errorf("the request as it was has changed: %+v, %v", before.Votes, err)
	}
}

func TestWhoMayNotDecideHearsWhoMay(t *testing.T) {
	some := oneLead
	some.By = []string{"leads", "owners"}
	alone := oneLead
	alone.Alone = true
	for _, tt := range []struct {
		r    approval.Request
		who  approval.Voter
		want string
	}{
		{after(t, some), voter("U0BEN", false), "Only leads or owners may decide this."},
		{after(t, alone), voter("U0BEN", false), "Only leads may decide this."},
		{after(t, approval.Terms{}), voter("U0BEN", false), "Nobody has to agree to this, so nobody else may decide it."},
		{after(t, some), approval.Voter{Entitled: true, ID: ops.PersonID{Team: "T0DEMO"}}, "Only leads or owners may decide this."},
		{after(t, some), approval.Voter{Entitled: true, ID: ops.PersonID{User: "U0BEN"}}, "Only leads or owners may decide this."},
		{after(t, some), approval.Voter{Why: "You are a guest."}, "You are a guest."},
		{after(t, some), approval.Voter{Unseen: true, Why: "Slack sleeps."}, "Slack sleeps."},
	} {
		_, err := tt.r.Vote(tt.who, false, "", noon.Add(time.Minute))
		if refusal, is := errors.AsType[*approval.Refusal](err); !is || refusal.Error() != tt.want || ops.Explain(err, "").Message != tt.want {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
}

func TestHowLongAgo(t *testing.T) {
	r := after(t, oneLead, deny(lee))
	for d, want := range map[time.Duration]string{
		-time.Minute: "just now", 0: "just now", 999 * time.Millisecond: "just now", time.Second: "1 second ago", 59 * time.Second: "59 seconds ago",
		time.Minute: "1 minute ago", 59*time.Minute + 59*time.Second: "59 minutes ago", time.Hour: "1 hour ago",
		24*time.Hour - 1: "23 hours ago", 24 * time.Hour: "1 day ago", 72 * time.Hour: "3 days ago",
	} {
		_, err := r.Vote(mia, true, "", r.Ended.Add(d))
		if said := "This was rejected " + want + "; nothing runs."; err == nil || err.Error() != said {
			t.Errorf("after %s: %v", d, err)
		}
	}
}

func TestAButtonFromElsewhere(t *testing.T) {
	refusal := approval.Elsewhere(approval.Press{Button: "Approve"})
	if refusal.Tried != "approve" || refusal.Code != "wrong surface" || refusal.Said.Message == "" || refusal.Said.Hint == "" {
		t.Errorf("%+v", refusal)
	}
}

func TestLateClicksHearWhoDecided(t *testing.T) {
	for name, tt := range map[string]struct {
		r    approval.Request
		want approval.Voter
	}{
		"approved by several": {after(t, leads(2), agree(mia), agree(lee)), lee},
		"glass":               {after(t, oneLead, breakGlass(mia, "now")), mia},
		"rejected":            {after(t, oneLead, deny(mia)), mia},
		"withdrawn":           {after(t, oneLead, withdraw(ana)), ana},
		"nobody":              {after(t, approval.Terms{}), approval.Voter{}},
	} {
		_, err := tt.r.Vote(lee, true, "", noon.Add(10*time.Minute))
		if late, is := errors.AsType[*approval.Refusal](err); !is || late.Code != "late" || late.By != tt.want.ID {
			t.Errorf("%s: %+v", name, err)
		}
	}
}
