package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/approval/approvaltest"
	"dbbot/ops/audit"
	"dbbot/ops/backup"
	"dbbot/ops/policy"
	"dbbot/ops/store"
)

// calendar keeps in memory what ops/store keeps in tables, by a clock that the test moves.
type calendar struct {
	vault *vault
	now   time.Time
	since map[string]time.Time
	last  map[string]time.Time
	on    map[string]store.Alarm
	said  []string
	fail  error // what CreateDue answers, once
}

func (c *calendar) Scheduled(_ context.Context, key, expression string) (since, now time.Time, err error) {
	if _, known := c.since[key+expression]; !known {
		c.since[key+expression] = c.now
	}
	if since = c.since[key+expression]; c.last[key].After(since) {
		since = c.last[key]
	}
	return since, c.now, nil
}

func (c *calendar) SeenTo(_ context.Context, slot store.Slot) error {
	if slot.Due.After(c.last[slot.Key]) {
		c.last[slot.Key] = slot.Due
	}
	return nil
}

func (c *calendar) CreateDue(ctx context.Context, slot store.Slot, ask func(time.Time) (approval.Move, error)) (approval.Request, bool, error) {
	if err := c.fail; err != nil {
		c.fail = nil
		return approval.Request{}, false, err
	}
	if !slot.Due.After(c.last[slot.Key]) {
		return approval.Request{}, false, nil
	}
	q, created, err := c.vault.Create(ctx, ask)
	if err == nil && created {
		c.last[slot.Key] = slot.Due
	}
	return q, created, err
}

func (c *calendar) Say(_ context.Context, slot store.Slot, m store.Message, fact audit.Entry) error {
	if slot.Due.After(c.last[slot.Key]) {
		c.last[slot.Key] = slot.Due
		c.say(m)
	}
	return nil
}

func (c *calendar) Alarms(context.Context) (on []store.Alarm, err error) {
	for _, a := range c.on {
		on = append(on, a)
	}
	sort.Slice(on, func(i, j int) bool { return on[i].Key < on[j].Key })
	return on, nil
}

func (c *calendar) Raise(_ context.Context, a store.Alarm, say store.Message) (bool, error) {
	if _, there := c.on[a.Key]; there {
		return false, nil
	}
	a.Began = c.now
	c.on[a.Key] = a
	c.say(say)
	return true, nil
}

func (c *calendar) Clear(_ context.Context, key string, say store.Message) (bool, error) {
	if _, there := c.on[key]; !there {
		return false, nil
	}
	delete(c.on, key)
	c.say(say)
	return true, nil
}

func (c *calendar) say(m store.Message) {
	if m.To == "" {
		return
	}
	var said Said
	if err := json.Unmarshal(m.Body, &said); err != nil {
		c.said = append(c.said, err.Error())
		return
	}
	c.said = append(c.said, m.To+": "+strings.ReplaceAll(said.View.Text(), "\n\n", " / "))
}

// heard is what was said since it was asked last.
func (c *calendar) heard() string {
	said := strings.Join(c.said, "\n")
	c.said = nil
	return said
}

// nights is a world in which orders is backed up at three, Berlin time, and it is half past one there.
type nights struct {
	*works
	*calendar
	all    []backup.Backup
	unread error
	fault  error // of a plan
}

func newNights(t testing.TB, edits ...func(*Backed)) *nights {
	t.Helper()
	n := &nights{calendar: &calendar{
		now: time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC), since: map[string]time.Time{}, last: map[string]time.Time{}, on: map[string]store.Alarm{},
	}}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	nightly, err := backup.ParseSchedule("0 3 * * *", zone)
	if err != nil {
		t.Fatal(err)
	}
	d := Backed{Target: orders, Schedule: &nightly, Backups: func(context.Context) ([]backup.Backup, error) { return n.all, n.unread }}
	for _, edit := range edits {
		edit(&d)
	}
	n.works = newWorks(t, func(o *Options) {
		o.Backed = []Backed{d}
		o.Catalogue, o.Policy = n, operatedByLeads()
	})
	n.vault = n.state
	n.state.Memory = approvaltest.NewMemory(func() time.Time { return n.now })
	n.state.Calendar = n.calendar
	return n
}

// operatedByLeads is changePolicy, and leads take backups.
func operatedByLeads() policy.Policy {
	p := changePolicy
	p.Entries = slices.Clone(p.Entries)
	rules := maps.Clone(p.Entries[0].Rules)
	rules[ops.Operate] = policy.Rule{Allow: []string{"leads"}, Approve: &policy.Consent{By: []string{"leads"}, Count: 1}}
	p.Entries[0].Rules = rules
	return p
}

// Find knows "backup now orders" beside what the works know.
func (n *nights) Find(words string) (commands.Call, error) {
	if words != "backup now orders" {
		return n.works.Find(words)
	}
	return commands.Call{About: commands.About{Path: "backup now", Risk: ops.Operate}, Targets: []ops.Target{orders}, Change: &commands.Changing{
		Words: words,
		Plan: func(context.Context) (commands.Planned[json.RawMessage], error) {
			return planned("a backup of orders"), n.fault
		},
		Differ: func(_, _ json.RawMessage) string { return "" },
		Run: func(context.Context, approval.Request, json.RawMessage, commands.Progress) (commands.View, error) {
			return commands.View{}, nil
		},
	}}, nil
}

// ticks lets time pass, a minute at least, and gives what was said.
func (n *nights) ticks(t testing.TB, later time.Duration) string {
	t.Helper()
	n.now = n.now.Add(later)
	if err := n.Tick(t.Context()); err != nil {
		return fmt.Sprint(strings.TrimSpace(n.heard()+" "), " [", err, "]")
	}
	return n.heard()
}

// requests are those that there are, in short.
func (n *nights) requests(t testing.TB) string {
	t.Helper()
	all, err := n.state.List(t.Context(), approval.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, q := range all {
		lines = append(lines, fmt.Sprintf("%s %s by %s in %q: %s (%s)", q.State, q.Words, q.Requester.User, q.Origin.Channel, q.Reason, q.Key))
	}
	return strings.Join(lines, "\n")
}

// end lets the newest request run to its end.
func (n *nights) end(t testing.TB, state approval.State) {
	t.Helper()
	all, err := n.state.List(t.Context(), approval.Filter{Limit: 1})
	if err != nil || len(all) == 0 {
		t.Fatal("no request", err)
	}
	for _, act := range []approval.Act{
		func(q approval.Request, now time.Time) (approval.Move, error) { return q.Claim(1, now) },
		func(q approval.Request, now time.Time) (approval.Move, error) { return q.Start(q.Fence, q.Digest, now) },
		func(q approval.Request, now time.Time) (approval.Move, error) {
			return q.Finish(q.Fence, state, "", nil, now)
		},
	} {
		if _, err := n.state.Move(t.Context(), all[0].ID, act); err != nil {
			t.Fatal(err)
		}
	}
}
