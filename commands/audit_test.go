package commands

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/audit"
)

// fakeAudit filters as ops/store does, and keeps what it was asked.
type fakeAudit struct {
	entries []audit.Entry
	asked   *audit.Filter
	err     error
}

func (f fakeAudit) Audit(_ context.Context, filter audit.Filter) (found []audit.Entry, err error) {
	if f.asked != nil {
		*f.asked = filter
	}
	for _, e := range slices.Backward(f.entries) {
		if (filter.Databases == nil || slices.Contains(filter.Databases, e.Database)) && (filter.Request == 0 || filter.Request == e.Request) &&
			(filter.Who.User == "" || filter.Who.Team == e.Team && filter.Who.User == e.User) && len(found) < filter.Limit {
			found = append(found, e)
		}
	}
	return found, f.err
}

// night is what happened between two and three, as the audit has it.
func night() (out []audit.Entry) {
	at := noon
	add := func(e audit.Entry) {
		at = at.Add(41 * time.Second)
		e.Seq, e.At, e.Version, e.Policy = int64(len(out)+1), at, "1.2.3", "9f86d081884c7d65"
		out = append(out, e)
	}
	terminate := func(e audit.Entry) audit.Entry {
		e.Command, e.Risk, e.Request, e.Database, e.Environment = "terminate", "destroy", 42, "orders", "production"
		e.System, e.Catalog, e.Digest, e.Channel = "7300000000000000001", "shop", strings.Repeat("ab12", 16), "C0ORDERS"
		return e
	}
	add(audit.Entry{Event: audit.Started, Worker: 3, Detail: "2 databases"})
	add(terminate(audit.Entry{Event: "asked", To: "pending", Team: "T0DEMO", User: "U0ANA", Name: "Ana", Detail: "blocks the checkout"}))
	add(terminate(audit.Entry{Event: "reminded", From: "pending", To: "pending"}))
	add(terminate(audit.Entry{Event: audit.ClickRefused, From: "pending", Team: "T0DEMO", User: "U0ANA", Name: "Ana", Detail: "own request"}))
	add(terminate(audit.Entry{Event: audit.ClickRefused, From: "pending", Team: "T0OTHER", User: "U0EVE", Name: "Eve", Detail: "not entitled"}))
	add(terminate(audit.Entry{Event: "agreed", From: "pending", To: "approved", Team: "T0DEMO", User: "U0LEE", Name: "Lee"}))
	add(terminate(audit.Entry{Event: "started", From: "approved", To: "running", Worker: 3}))
	add(terminate(audit.Entry{Event: "finished", From: "running", To: "succeeded", Worker: 3, Outcome: "succeeded"}))
	add(audit.Entry{Event: audit.CommandRefused, Team: "T0DEMO", User: "U0BEN", Name: "Ben", Command: "terminate", Database: "payroll", Outcome: "refused"})
	add(audit.Entry{Event: audit.Checkpointed, Detail: "of entry 8"})
	return out
}

func TestAudit(t *testing.T) {
	all := All(Toolbox{Databases: shop, Audit: fakeAudit{entries: night()}})
	golden(t, "audit.golden", say(t, all, "audit"))
	golden(t, "audit_request.golden", say(t, all, "audit #42"))
	golden(t, "audit_nothing.golden", say(t, all, "audit reporting <@U0LEE|lee>"))
}

func TestAuditFilters(t *testing.T) {
	for line, want := range map[string]audit.Filter{
		"audit":                         {Databases: []string{"orders", "reporting", ""}},
		"audit orders":                  {Databases: []string{"orders"}},
		"audit <@U0LEE|lee the lead>":   {Databases: []string{"orders", "reporting", ""}, Who: ops.PersonID{Team: ana.Person.ID.Team, User: "U0LEE"}},
		"audit U0LEE":                   {Databases: []string{"orders", "reporting", ""}, Who: ops.PersonID{Team: ana.Person.ID.Team, User: "U0LEE"}},
		"audit #42":                     {Databases: []string{"orders", "reporting", ""}, Request: 42},
		"audit of request 42":           {},
		"audit 42 on orders please":     {Databases: []string{"orders"}, Request: 42},
		"show me the audit of <@W0BEN>": {Databases: []string{"orders", "reporting", ""}, Who: ops.PersonID{Team: ana.Person.ID.Team, User: "W0BEN"}},
	} {
		var asked audit.Filter
		call, err := All(Toolbox{Databases: shop, Audit: fakeAudit{asked: &asked}}).Find(line)
		if err != nil || call.Path != "audit" {
			if want.Databases != nil {
				t.Errorf("%q: %q, %v", line, call.Path, err)
			}
			continue
		}
		if _, err := call.Answer(t.Context(), ana, call.Targets); err != nil {
			t.Fatal(err)
		}
		if asked.Limit != maxFacts || !slices.Equal(asked.Databases, want.Databases) || asked.Who != want.Who || asked.Request != want.Request {
			t.Errorf("%q asks for %+v", line, asked)
		}
	}
}

// What was done on a database that the asker may not read, or that is no longer there, is not shown.
func TestAuditShowsWhatTheAskerMayRead(t *testing.T) {
	call, err := All(Toolbox{Databases: shop, Audit: fakeAudit{entries: night()}}).Find("audit")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		may  []ops.Target
		says string
		not  string
	}{
		"both":      {shop, "terminate on orders", "payroll"},
		"reporting": {[]ops.Target{reporting}, "started dbbot", "orders"},
		"none":      {nil, "started dbbot", "orders"},
	} {
		view, err := call.Answer(t.Context(), ana, tt.may)
		if text := strings.ToLower(view.Text()); err != nil || !strings.Contains(text, tt.says) || strings.Contains(text, tt.not) {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func TestAuditRefusals(t *testing.T) {
	tools := Toolbox{Databases: shop, Audit: fakeAudit{}}
	for _, line := range []string{"audit ordrs", "audit @lee", "audit -3", "audit <#C0ORDERS>"} {
		if call, err := All(tools).Find(line); err == nil {
			t.Errorf("%q was understood as %+v", line, call.About)
		} else if marked, ok := errors.AsType[*ops.Error](err); !ok || marked.Hint == "" {
			t.Errorf("%q: %v", line, err)
		}
	}
	away := &ops.Error{Message: "The state database cannot be reached."}
	for says, tools := range map[string]Toolbox{"No audit is kept": {Databases: shop}, "cannot be reached": {Databases: shop, Audit: fakeAudit{err: away}}} {
		call, err := All(tools).Find("audit")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := call.Answer(t.Context(), ana, shop); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v", err)
		}
	}
}

// At a terminal there is nobody to mention, and what people and servers named themselves stays on its line.
func TestWhoActed(t *testing.T) {
	here, terminal := ana, ana
	terminal.Terminal = true
	for _, tt := range []struct {
		e    audit.Entry
		by   Asker
		want string
	}{
		{audit.Entry{Team: here.Person.ID.Team, User: "U0LEE", Name: "Lee"}, here, "@U0LEE"},
		{audit.Entry{Team: here.Person.ID.Team, User: "U0LEE", Name: "Lee"}, terminal, "Lee (U0LEE)"},
		{audit.Entry{Team: "T0OTHER", User: "U0EVE", Name: "Eve\n*"}, here, `Eve\u000a* (U0EVE)`},
		{audit.Entry{Team: "T0OTHER", User: "U0EVE"}, here, "U0EVE"},
	} {
		if got := actor(tt.e, tt.by).String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestAFullAnswerSaysThatThereIsMore(t *testing.T) {
	var entries []audit.Entry
	for i := range 2 * maxFacts {
		entries = append(entries, audit.Entry{Seq: int64(i), At: noon, Event: "something new", From: "a", To: "b"})
	}
	text := say(t, All(Toolbox{Audit: fakeAudit{entries: entries}}), "audit")
	if !strings.Contains(text, "the newest 15") || strings.Count(text, "Something new") != maxFacts {
		t.Errorf("said:\n%s", text)
	}
}
