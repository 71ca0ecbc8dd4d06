package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/job"
	"dbbot/ops/policy"
)

// agreed is a request of Ana's that Lee agreed to.
func agreed(t testing.TB) (*works, approval.Request) {
	t.Helper()
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	w.presses("U0LEE", "approve", 1)
	return w, w.request(t, approval.Approved)
}

// request is the first one, in the state that it should be in.
func (w *works) request(t testing.TB, want approval.State) approval.Request {
	t.Helper()
	q, err := w.state.Get(t.Context(), 1)
	if err != nil || q.State != want {
		t.Fatalf("request 1 is %q, %v, want %s", q.State, err, want)
	}
	return q
}

func sentence(err error) string {
	switch marked, ok := errors.AsType[*ops.Error](err); {
	case errors.Is(err, job.ErrUnchecked):
		return "unchecked"
	case err == nil:
		return ""
	case ok:
		return marked.Message
	}
	return "unmarked: " + err.Error()
}

// with gives the policy with another consent to changes in production.
func with(consent *policy.Consent, allow ...string) policy.Policy {
	p := changePolicy
	p.Entries = append([]policy.Entry{{Environments: []string{"production"}, Rules: map[ops.Risk]policy.Rule{
		ops.Change: {Allow: allow, Approve: consent},
	}}}, p.Entries...)
	return p
}

var oneLead = &policy.Consent{By: []string{"leads"}, Count: 1}

// Between the consent and the run all kinds of things change. Each is found, and said with its reason.
var sinceThen = []struct {
	name   string
	change func(*works, *approval.Request)
	want   string
}{
	{"nothing", func(*works, *approval.Request) {}, ""},
	{"ana left", func(w *works, _ *approval.Request) { w.directory.persons["U0ANA"] = ops.Deleted }, "U0ANA, who asked for this, may not do that any more."},
	{"ana became a guest", func(w *works, _ *approval.Request) { w.directory.persons["U0ANA"] = ops.Guest }, "U0ANA, who asked for this, may not do that any more."},
	{"ana is no engineer any more", func(w *works, _ *approval.Request) { w.directory.rosters["S0ENGINEER"] = nil }, "U0ANA, who asked for this, may not do that any more."},
	{"lee left", func(w *works, _ *approval.Request) { w.directory.persons["U0LEE"] = ops.Deleted }, "U0LEE, who agreed, may not agree any more."},
	{"lee is not what she was", func(w *works, _ *approval.Request) { w.directory.persons["U0LEE"] = ops.External }, "U0LEE, who agreed, may not agree any more."},
	{"lee is no lead any more", func(w *works, _ *approval.Request) {
		w.people.policy.Groups = map[string]policy.Group{"engineers": changePolicy.Groups["engineers"], "leads": {Users: []string{"U0MIA"}}}
	}, "U0LEE, who agreed, may not agree any more."},
	{"the policy asks others", func(w *works, _ *approval.Request) {
		w.people.policy = with(&policy.Consent{By: []string{"engineers"}, Count: 1}, "engineers")
	}, "U0LEE, who agreed, may not agree any more."},
	{"the policy asks for two", func(w *works, _ *approval.Request) {
		w.people.policy = with(&policy.Consent{By: []string{"leads"}, Count: 2}, "engineers")
	}, "1 agreed, and the policy asks for 2 people now."},
	{"the policy asks for nobody", func(w *works, _ *approval.Request) { w.people.policy = with(nil, "engineers") }, ""},
	{"it asks for nobody, and lee left", func(w *works, _ *approval.Request) {
		w.people.policy, w.directory.persons["U0LEE"] = with(nil, "engineers"), ops.Deleted
	}, "U0LEE, who agreed, may not agree any more."},
	{"engineers may not any more", func(w *works, _ *approval.Request) { w.people.policy = with(oneLead, "leads") }, "U0ANA, who asked for this, may not do that any more."},
	{"nobody agreed, and now somebody must", func(_ *works, q *approval.Request) { q.Votes, q.Terms = nil, approval.Terms{} }, "Nobody had to agree when this was asked for, and now somebody must."},
	{"alone then, and not now", func(_ *works, q *approval.Request) { q.Votes, q.Terms.Alone = nil, true }, "Nobody had to agree when this was asked for, and now somebody must."},
	{"glass broken", func(_ *works, q *approval.Request) { q.Glass, q.By = true, id("U0LEE") }, ""},
	{"glass broken by who is no lead now", func(w *works, q *approval.Request) {
		q.Glass, q.By = true, id("U0LEE")
		w.directory.persons["U0LEE"] = ops.Guest
	}, "U0LEE, who decided this alone, may not do that any more."},
	{"glass broken, and the policy has none now", func(w *works, q *approval.Request) {
		q.Glass, q.By = true, id("U0LEE")
		w.people.policy = with(oneLead, "engineers")
	}, "The policy does not let anybody decide this alone any more."},
	{"ben did not agree, and is no lead", func(_ *works, q *approval.Request) { q.Votes = append(q.Votes, approval.Vote{By: id("U0BEN")}) }, ""},
	{"the policy asks more groups, and lee changed hers", func(w *works, _ *approval.Request) {
		w.people.policy = with(&policy.Consent{By: []string{"engineers", "leads"}, Count: 1}, "engineers")
		w.people.policy.Groups = map[string]policy.Group{"engineers": {Users: []string{"U0ANA", "U0LEE"}}, "leads": {Users: []string{"U0MIA"}}}
	}, "U0LEE, who agreed, may not agree any more."},
	{"a roster that nobody needs cannot be read", func(w *works, _ *approval.Request) {
		w.people.policy.Groups = map[string]policy.Group{"engineers": {Users: []string{"U0ANA"}}, "leads": {Users: []string{"U0LEE"}}, "others": {Usergroups: []string{"S0OTHER"}}}
		w.people.rosters.read = func(context.Context, string) ([]string, error) { return nil, errSlackDown }
	}, ""},
	{"another plan", func(w *works, _ *approval.Request) {
		w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) { return planned("to version 8"), nil }
	}, "What would happen now is not what was agreed to: orders has changed since."},
	{"another plan, and the command has words for it", func(w *works, _ *approval.Request) {
		w.differ = "0007_total.up.sql has changed since it was agreed to."
		w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) { return planned("to version 8"), nil }
	}, "0007_total.up.sql has changed since it was agreed to."},
	{"another server", func(w *works, _ *approval.Request) {
		w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) {
			p := planned("to version 7")
			p.Server.System = "7300000000000000002"
			return p, nil
		}
	}, "orders is another server or another database than when this was agreed to."},
	{"another database of that server", func(w *works, _ *approval.Request) {
		w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) {
			p := planned("to version 7")
			p.Server.Database = "shop_old"
			return p, nil
		}
	}, "orders is another server or another database than when this was agreed to."},
	{"nothing to do any more", func(w *works, _ *approval.Request) {
		w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) {
			return commands.Planned[json.RawMessage]{}, &ops.Error{Message: "Nothing is pending."}
		}
	}, "Nothing is pending."},
	{"no such command any more", func(_ *works, q *approval.Request) { q.Words = "dance" }, "This version of dbbot understands “dance” differently."},
	{"a question now", func(_ *works, q *approval.Request) { q.Words = "status" }, "This version of dbbot understands “status” differently."},
	{"another command now", func(_ *works, q *approval.Request) { q.Words = "drop orders" }, "This version of dbbot understands “drop orders” differently."},
	{"another environment now", func(_ *works, q *approval.Request) { q.Target.Environment = "staging" }, "orders is configured differently now."},
	{"riskier now", func(w *works, _ *approval.Request) { w.risk = ops.Destroy }, "“up” counts as destroy now, and as change when it was agreed to."},
}

func TestCheckFindsWhatHasChanged(t *testing.T) {
	for _, tt := range sinceThen {
		w, q := agreed(t)
		w.people.policy.Groups = changePolicy.Groups
		tt.change(w, &q)
		same(t, tt.name, sentence(w.Check(t.Context(), q)), tt.want)
	}
}

// What cannot be found out now does not run now, and is not invalid either. What is known to be wrong stays wrong only
// while nothing is left open.
func TestCheckWaitsForWhatItCannotRead(t *testing.T) {
	tests := []struct {
		name   string
		change func(*works)
	}{
		{"slack is down", func(w *works) { w.directory.err = errSlackDown }},
		{"slack falls over", func(w *works) { w.directory.panic = true }},
		{"the database is down", func(w *works) { w.planFails(errors.New("dial tcp: refused")) }},
		{"the database does not answer", func(w *works) {
			w.planFails(&ops.Error{Message: "gone", Cause: errors.Join(commands.ErrUnread, errors.New("EOF"))})
		}},
		{"the database is slow", func(w *works) { w.planFails(&ops.Error{Message: "not read in time", Cause: context.DeadlineExceeded}) }},
		{"the database says nothing", func(w *works) {
			w.plan = func(ctx context.Context) (commands.Planned[json.RawMessage], error) {
				<-ctx.Done()
				return commands.Planned[json.RawMessage]{}, &ops.Error{Message: "given up"}
			}
		}},
	}
	for _, tt := range tests {
		w, q := agreed(t)
		tt.change(w)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		same(t, tt.name, sentence(w.Check(ctx, q)), "unchecked")
		cancel()
	}
}

func (w *works) planFails(err error) {
	w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) {
		return commands.Planned[json.RawMessage]{}, err
	}
}

// A minute-old look may serve a question. It must not let anything run.
func TestCheckBelievesNoCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, q := agreed(t)
		same(t, "just now", rights(w.world, "U0ANA")+rights(w.world, "U0LEE"), "true [engineers] true [leads] ")
		w.directory.err = errSlackDown
		same(t, "slack is down", sentence(w.Check(t.Context(), q)), "unchecked")
		w.directory.err = nil
		w.directory.persons["U0LEE"] = ops.Deleted
		same(t, "lee has left", sentence(w.Check(t.Context(), q)), "U0LEE, who agreed, may not agree any more.")
		w.directory.hang = true
		begun := time.Now()
		same(t, "slack hangs", sentence(w.Check(t.Context(), q)), "unchecked")
		if took := time.Since(begun); took != lookupBound { // a bubble's clock: exact
			t.Errorf("took %s", took)
		}
	})
}

// The policy's hours are asked again right before the run; what only ends a session is let through.
func TestClosedHoursStopARun(t *testing.T) {
	w, q := agreed(t)
	saturday := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	w.people.policy = with(oneLead, "engineers")
	w.people.policy.Entries[0].Rules[ops.Change] = policy.Rule{Allow: []string{"engineers"}, Approve: oneLead, Windows: &policy.Windows{Closed: []string{"Sat"}}}
	w.Now = func() time.Time { return saturday }
	want := "By dbbot's policy nobody may change orders (production) at this hour. It opens again on Sunday, 22 November, at 00:00 (UTC)."
	if said := sentence(w.Check(t.Context(), q)); said != want {
		t.Error(said)
	}
	if said := w.asks("U0ANA", "up orders"); !strings.Contains(said, want) {
		t.Error(said)
	}
	if why := w.closed("terminate", ops.Change, q.Target); why != "" {
		t.Error(why)
	}
	w.Now = func() time.Time { return saturday.AddDate(0, 0, 1) }
	if err := w.Check(t.Context(), q); err != nil {
		t.Error(err)
	}
}

// More people must agree to what the check finds severe: counted when it is asked for, and again right before the run.
func TestSevereTakesMorePeople(t *testing.T) {
	severe := func(context.Context) (commands.Planned[json.RawMessage], error) {
		p := planned("to version 7")
		p.Severe = true
		return p, nil
	}
	w, q := agreed(t)
	w.people.policy = with(&policy.Consent{By: []string{"leads"}, Count: 1, Severe: 2, Alone: true}, "engineers", "leads")
	if err := w.Check(t.Context(), q); err != nil {
		t.Error(err)
	}
	w.plan = severe
	if said := sentence(w.Check(t.Context(), q)); said != "The check finds something severe, for which 2 people must agree; 1 did." {
		t.Error(said)
	}

	w = newWorks(t, func(o *Options) { o.Policy = w.people.policy })
	w.plan = severe
	w.asks("U0MIA", "up orders")
	if q := w.request(t, approval.Pending); q.Terms.Count != 2 || q.Terms.Alone {
		t.Errorf("%+v", q.Terms)
	}
}
