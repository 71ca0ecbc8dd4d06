package approval_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

func TestNewWaitsForConsent(t *testing.T) {
	r := wish(oneLead)
	m, err := approval.New(r, noon)
	if err != nil {
		t.Fatal(err)
	}
	want := r
	want.Version, want.State, want.Asked, want.Expires = 1, approval.Pending, noon, noon.Add(time.Hour)
	if !reflect.DeepEqual(m.After, want) {
		t.Errorf("got  %+v\nwant %+v", m.After, want)
	}
	if m.Event != approval.Asked || m.Actor != ana.ID || m.Before.ID != 0 || m.Before.Version != 0 {
		t.Errorf("%s by %v, from %+v", m.Event, m.Actor, m.Before)
	}
}

func TestNewApprovesWhatNobodyHasToAgreeTo(t *testing.T) {
	alone := oneLead
	alone.Alone = true
	short := alone
	short.Within = time.Second
	for name, tt := range map[string]struct {
		terms approval.Terms
		until time.Duration
	}{
		"no consent": {approval.Terms{}, 30 * time.Minute},
		"alone":      {alone, time.Hour},
		"very short": {short, time.Minute},
	} {
		m, err := approval.New(wish(tt.terms), noon)
		if err != nil || m.After.State != approval.Approved || m.Event != approval.Agreed || !m.After.Decided.Equal(noon) {
			t.Errorf("%s: %s, %s, decided %s, %v", name, m.Event, m.After.State, m.After.Decided, err)
		}
		if got := m.After.Expires.Sub(noon); got != tt.until || len(m.After.Votes) > 0 || m.After.Glass {
			t.Errorf("%s: holds for %s, want %s; votes %v", name, got, tt.until, m.After.Votes)
		}
	}
}

// What only time brings cannot be brought along by whoever asks.
func TestNewTakesNothingFromTheFuture(t *testing.T) {
	r := wish(oneLead)
	r.ID, r.Version, r.State, r.Glass, r.By, r.Why = 9, 8, approval.Running, true, lee.ID, "why not"
	r.Votes = []approval.Vote{{By: lee.ID, Agree: true}}
	r.Worker, r.Fence, r.WaitsFor, r.Cancel, r.Outcome = 1, 2, 3, &approval.Cancel{}, []byte(`{}`)
	r.Decided, r.Started, r.Ended, r.Reminded, r.Progress = noon, noon, noon, noon, approval.Progress{Done: 1}
	got, err := approval.New(r, noon)
	want, _ := approval.New(wish(oneLead), noon)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got.After, want.After)
	}
}

func TestNewRefusesWhatLacksSomething(t *testing.T) {
	terms := func(edit func(*approval.Terms)) func(*approval.Request) {
		return func(r *approval.Request) { edit(&r.Terms) }
	}
	for name, edit := range map[string]func(*approval.Request){
		"no key":              func(r *approval.Request) { r.Key = "" },
		"no command":          func(r *approval.Request) { r.Command = "" },
		"no words":            func(r *approval.Request) { r.Words = "" },
		"a question":          func(r *approval.Request) { r.Risk = ops.Read },
		"an unknown risk":     func(r *approval.Request) { r.Risk = "vandalise" },
		"no risk":             func(r *approval.Request) { r.Risk = "" },
		"no database":         func(r *approval.Request) { r.Target.Database = "" },
		"no server":           func(r *approval.Request) { r.Server.System = "" },
		"no name there":       func(r *approval.Request) { r.Server.Database = "" },
		"no requester":        func(r *approval.Request) { r.Requester.User = "" },
		"no team":             func(r *approval.Request) { r.Requester.Team = "" },
		"no plan":             func(r *approval.Request) { r.Plan = nil },
		"half a plan":         func(r *approval.Request) { r.Plan = []byte(`{"pid":`) },
		"a foreign digest":    func(r *approval.Request) { r.Digest = strings.Repeat("0", 64) },
		"another's plan":      func(r *approval.Request) { r.Plan = []byte(`{"pid":4243}`) },
		"fewer than nobody":   terms(func(t *approval.Terms) { t.Count = -1 }),
		"one of nobody":       terms(func(t *approval.Terms) { t.By = nil }),
		"without time":        terms(func(t *approval.Terms) { t.Within = 0 }),
		"nobody of the leads": terms(func(t *approval.Terms) { t.Count, t.BreakGlass = 0, false }),
		"alone of nobody":     terms(func(t *approval.Terms) { *t = approval.Terms{Alone: true} }),
		"glass of nobody":     terms(func(t *approval.Terms) { *t = approval.Terms{BreakGlass: true} }),
		"before now":          terms(func(t *approval.Terms) { *t = approval.Terms{Within: -1} }),
	} {
		r := wish(oneLead)
		edit(&r)
		if name != "a foreign digest" && name != "another's plan" {
			r.Digest = approval.Digest(r.Command, r.Server, r.Plan)
		}
		m, err := approval.New(r, noon)
		if _, shown := errors.AsType[*ops.Error](err); err == nil || shown || m.After.State != "" {
			t.Errorf("%s: %s, %v; want an error of the program", name, m.After.State, err)
		}
	}
}

func TestAReasonIsBoundedAndSafe(t *testing.T) {
	for _, tt := range []struct{ reason, want string }{
		{"", ""},
		{"  it blocks\r\n\tcheckout \n", "it blocks checkout"},
		{"ab\u202ec\x00", `ab\u202ec\u0000`},
		{"postgres://bot:hunter2@db/orders is slow", "postgres://bot:***@db/orders is slow"},
		{strings.Repeat("é", approval.MaxReason), strings.Repeat("é", approval.MaxReason)},
	} {
		r := wish(oneLead)
		r.Reason = tt.reason
		m, err := approval.New(r, noon)
		if err != nil || m.After.Reason != tt.want {
			t.Errorf("%q became %q, %v", tt.reason, m.After.Reason, err)
		}
	}
	r := wish(oneLead)
	r.Reason = strings.Repeat("é", approval.MaxReason+1)
	_, err := approval.New(r, noon)
	if shown, ok := errors.AsType[*ops.Error](err); !ok || shown.Hint == "" {
		t.Errorf("a reason that is too long: %v", err)
	}
	// Elsewhere what is too long is cut, and seen to be: a rejection must not fail for its reason.
	long, err := after(t, oneLead).Vote(lee, false, strings.Repeat("\x00é ", approval.MaxReason), noon)
	why := []rune(long.After.Why)
	if err != nil || len(why) != approval.MaxReason || why[len(why)-1] != '…' || long.After.Votes[0].Why != long.After.Why {
		t.Errorf("%d characters, ending in %q, %v", len(why), why[max(0, len(why)-5):], err)
	}
}

func TestExpireAndRemindKeepToTheirTime(t *testing.T) {
	r := after(t, oneLead)
	moment := time.Microsecond // what a database's clock can tell apart
	for _, tt := range []struct {
		name string
		do   act
		at   time.Time
		want error
	}{
		{"expire, a moment early", expire, r.Expires.Add(-moment), approval.ErrEarly},
		{"expire, on time", expire, r.Expires, nil},
		{"remind, in time", remind, r.Expires.Add(-moment), nil},
		{"remind, when it is over", remind, r.Expires, approval.ErrMoved},
		{"agree, in time", agree(lee), r.Expires.Add(-moment), nil},
		{"break the glass, in time", breakGlass(lee, "now"), r.Expires.Add(-moment), nil},
	} {
		if _, err := tt.do(r, tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if _, err := after(t, oneLead, remind).Remind(noon); !errors.Is(err, approval.ErrMoved) {
		t.Errorf("reminded twice: %v", err)
	}
	if r := after(t, oneLead, remind); !r.Reminded.Equal(noon.Add(time.Minute)) {
		t.Errorf("reminded at %s", r.Reminded)
	}
}

// A consent that comes at the last moment still leaves time to begin: as long again as the policy waits for one.
func TestAConsentHoldsForAWhile(t *testing.T) {
	for _, within := range []time.Duration{time.Second, time.Hour} {
		terms := oneLead
		terms.Within = within
		m, err := after(t, terms).Vote(lee, true, "", noon.Add(within-time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		held, _ := m.After.Claim(7, noon)
		until := noon.Add(within - time.Millisecond).Add(max(within, time.Minute))
		if _, err = start(held.After, until.Add(-time.Millisecond)); err != nil {
			t.Errorf("within %s: %v", within, err)
		}
		if _, err = start(held.After, until); !shown(err) {
			t.Errorf("within %s: started too late, %v", within, err)
		}
	}
}

func shown(err error) bool {
	_, is := errors.AsType[*ops.Error](err)
	return is
}

func TestWork(t *testing.T) {
	day := oneLead
	day.Within = 24 * time.Hour
	fresh := func(terms approval.Terms) approval.Move {
		m, err := approval.New(wish(terms), noon)
		if err != nil {
			t.Fatal(err)
		}
		m.After.ID = 42
		return m
	}
	does := func(r approval.Request, do act) approval.Move {
		m, err := do(r, noon.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, tt := range map[string]struct {
		m    approval.Move
		want []approval.Work
	}{
		"asked": {fresh(oneLead), []approval.Work{
			{Kind: approval.ToRemind, ID: 42, At: noon.Add(40 * time.Minute)}, {Kind: approval.ToExpire, ID: 42, At: noon.Add(time.Hour)},
		}},
		"asked for a day": {fresh(day), []approval.Work{
			{Kind: approval.ToRemind, ID: 42, At: noon.Add(23 * time.Hour)}, {Kind: approval.ToExpire, ID: 42, At: noon.Add(24 * time.Hour)},
		}},
		"approved at once": {fresh(approval.Terms{}), []approval.Work{{Kind: approval.ToRun, ID: 42}}},
		"one of two":       {does(after(t, leads(2)), agree(lee)), nil},
		"the last one":     {does(after(t, leads(2), agree(lee)), agree(mia)), []approval.Work{{Kind: approval.ToRun, ID: 42}}},
		"glass":            {does(after(t, oneLead), breakGlass(lee, "now")), []approval.Work{{Kind: approval.ToRun, ID: 42}}},
		"claimed":          {does(after(t, approval.Terms{}), claim), nil},
		"waits":            {does(after(t, approval.Terms{}, claim), wait), nil},
		"rejected":         {does(after(t, oneLead), deny(lee)), nil},
	} {
		want := append(tt.want, approval.Work{Kind: approval.ToRedraw})
		if got := tt.m.Work(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestDigestTellsAllApart(t *testing.T) {
	seen := map[string]string{}
	for _, tt := range []struct {
		command, system, database, plan string
	}{
		{"cancel", "71", "orders", "{}"},
		{"cance", "l71", "orders", "{}"},
		{"cancel", "7", "1orders", "{}"},
		{"cancel", "71", "order", "s{}"},
		{"cancel", "71", "orders", "{} "},
		{"cancel", "71", "orders", ""},
		{"", "71", "orders", "{}"},
		{"cancel71", "", "orders", "{}"},
	} {
		name := fmt.Sprintf("%q", tt)
		digest := approval.Digest(tt.command, approval.Server{System: tt.system, Database: tt.database}, []byte(tt.plan))
		if other, same := seen[digest]; same || len(digest) != 64 || strings.ToLower(digest) != digest {
			t.Errorf("%s has the digest of %s: %s", name, other, digest)
		}
		seen[digest] = name
	}
	// Requests of an older dbbot are still open when a newer one starts: their digests must stay what they are.
	const fixed = "0f23eb2c0f01dd8377dcc4076d63664da3df5937d608380d7de33fc8e28b4ee0"
	if got := approval.Digest("terminate", approval.Server{System: "71", Database: "orders"}, []byte(`{"pid":4242}`)); got != fixed {
		t.Errorf("the digest is %s now", got)
	}
}

func TestNeedsName(t *testing.T) {
	for _, tt := range []struct {
		risk        ops.Risk
		environment string
		want        bool
	}{
		{ops.Destroy, "production", true}, {ops.Destroy, "prod", true}, {ops.Destroy, "staging", false}, {ops.Change, "production", false},
	} {
		r := approval.Request{Risk: tt.risk, Target: ops.Target{Environment: tt.environment}}
		if r.NeedsName() != tt.want {
			t.Errorf("%s on %s: %v", tt.risk, tt.environment, !tt.want)
		}
	}
}
