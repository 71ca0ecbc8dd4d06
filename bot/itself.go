package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/backup"
	"dbbot/ops/store"
)

// Backed is a database whose backups dbbot looks after: it asks for them by itself, and says when something is wrong.
type Backed struct {
	Target   ops.Target
	Schedule *backup.Schedule // when one is taken; nil: by people alone
	Digest   *backup.Schedule // when they are summed up; nil: never
	Quiet    bool             // what succeeds is not told
	Limit    time.Duration    // the newest verified one should not be older; zero: it may be as old as it likes
	// Backups are all that there are, newest first.
	Backups func(context.Context) ([]backup.Backup, error)
}

// Calendar keeps what is due and what is wrong, by its own clock. ops/store is the one.
type Calendar interface {
	// Scheduled gives the time until which a schedule has been seen to, and the time now.
	Scheduled(ctx context.Context, key, expression string) (since, now time.Time, err error)
	// SeenTo notes that nothing is left to do about a slot.
	SeenTo(ctx context.Context, slot store.Slot) error
	// CreateDue makes the request of a slot and notes the slot as seen to, in one step. Neither created nor a request: somebody
	// else has seen to it.
	CreateDue(ctx context.Context, slot store.Slot, ask func(time.Time) (approval.Move, error)) (r approval.Request, created bool, err error)
	// Say says a message about a slot, once.
	Say(ctx context.Context, slot store.Slot, m store.Message, fact audit.Entry) error
	// Alarms are those that are on; Raise and Clear say a message if that changes something.
	Alarms(ctx context.Context) ([]store.Alarm, error)
	Raise(ctx context.Context, a store.Alarm, say store.Message) (began bool, err error)
	Clear(ctx context.Context, key string, say store.Message) (ended bool, err error)
}

const (
	// tickBound is for one look at everything that may be due: the next comes a minute later.
	tickBound = 50 * time.Second
	// readBackups bounds reading what a store holds, and duePlan the plan of a backup, which asks the server and the store.
	readBackups = 20 * time.Second
	duePlan     = 20 * time.Second
	// maxTended databases are looked after at once.
	maxTended = 4
	// lateAfter is how long after its time something is called late. Within it a restart or a deploy is over.
	lateAfter = 10 * time.Minute
)

// Tick looks after all databases once: what is due is asked for, and what is wrong is said. It is called every minute, by one
// replica; being called twice at once does no harm.
func (b *Bot) Tick(ctx context.Context) error {
	state, err := b.State()
	if err != nil || len(b.Backed) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tickBound)
	defer cancel()
	on, err := state.Alarms(ctx)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	room, faults := make(chan struct{}, maxTended), make([]error, len(b.Backed))
	looks := make([]*tending, len(b.Backed))
	for i, d := range b.Backed {
		looks[i] = &tending{bot: b, state: state, Backed: d, on: on, judged: map[string]bool{}}
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			faults[i] = looks[i].tend(ctx)
		})
	}
	all.Wait()
	return errors.Join(append(faults, b.forget(ctx, state, on, looks, faults))...)
}

// tending is one look after one database.
type tending struct {
	bot   *Bot
	state State
	Backed
	on     []store.Alarm
	judged map[string]bool // alarms of which it was found out, or could not be, whether they are on
	now    time.Time       // the state database's
	read   bool            // whether the store was read
	all    []backup.Backup // what it has, newest first
}

// tend never panics out: the other databases must be looked after, too.
func (t *tending) tend(ctx context.Context) (err error) {
	_, err = quietly(t.bot, approval.Request{Command: "schedule", Target: t.Target}, func() (struct{}, error) {
		late := t.backUp(ctx)
		return struct{}{}, errors.Join(late, t.watch(ctx), t.sumUp(ctx))
	})
	return err
}

// dueNow is the newest slot that nobody has seen to, and how many before it were missed.
func (t *tending) dueNow(ctx context.Context, key string, s backup.Schedule) (slot store.Slot, before int, err error) {
	since, now, err := t.state.Scheduled(ctx, key, s.String())
	if err != nil {
		return slot, 0, err
	}
	t.now = now
	due, before := s.Missed(since, now)
	return store.Slot{Key: key, Due: due}, before, nil
}

// backUp asks for a backup if one is due. As long as that does not work it is tried again every minute, and once it is late,
// that is said.
func (t *tending) backUp(ctx context.Context) error {
	if t.Schedule == nil {
		return nil
	}
	slot, before, err := t.dueNow(ctx, "backup "+t.Target.Database, *t.Schedule)
	if err != nil {
		return err
	}
	if slot.Due.IsZero() {
		return t.judge(ctx, alarmLate, "")
	}
	err = t.ask(ctx, slot, before)
	if err == nil || t.now.Sub(slot.Due) < lateAfter {
		t.judged[t.key(alarmLate)] = true // the next look tells
		return err
	}
	return errors.Join(err, t.judge(ctx, alarmLate, fmt.Sprintf("The backup of %s that was due at %s has not begun: %s It is tried again every minute.",
		t.Target.Database, clock(slot.Due), withHint(err))))
}

// ask makes the request of a slot: nobody has to agree to it, since it stands in the file of whoever runs dbbot.
func (t *tending) ask(ctx context.Context, slot store.Slot, before int) error {
	call, err := t.bot.Catalogue.Find(commands.Typing(backupNow, t.Target.Database))
	if err == nil && (!asksItself(call.Path) || len(call.Targets) != 1 || call.Targets[0] != t.Target) {
		err = errUnknownButton
	}
	if err != nil {
		return err
	}
	plan, cancel := context.WithTimeout(ctx, duePlan)
	defer cancel()
	planned, err := call.Change.Plan(plan)
	if err != nil {
		return err
	}
	ops.Reached("due")
	wanted, err := t.wanted(call, planned, slot, before)
	if err != nil {
		return err
	}
	r, created, err := t.state.CreateDue(ctx, slot, func(now time.Time) (approval.Move, error) { return approval.New(wanted, now) })
	switch {
	case err != nil || created || r.ID == 0:
		return err
	case r.Key != wanted.Key && r.State == approval.Pending: // it may never run
		return &ops.Error{Message: "The same was asked for in " + r.ID.String() + ", which waits for people to agree."}
	}
	return t.state.SeenTo(ctx, slot)
}

// wanted is the request, in the channel of the database. Where success is not told, what runs in time has no card, unless it
// fails.
func (t *tending) wanted(call commands.Call, planned commands.Planned[json.RawMessage], slot store.Slot, before int) (approval.Request, error) {
	shown, err := json.Marshal(planned.View)
	if err != nil {
		return approval.Request{}, err
	}
	reason := t.Schedule.String()
	late := t.now.Sub(slot.Due)
	if late >= lateAfter {
		reason += "; it was due at " + clock(slot.Due) + ", and is late"
	}
	if before > 0 {
		reason += fmt.Sprintf("; %s before it did not run", ops.Count(before, "time"))
	}
	q := approval.Request{
		Key:     fmt.Sprintf("schedule/%s/%s", t.Target.Database, slot.Due.UTC().Format(time.RFC3339)),
		Command: call.Path, Words: call.Change.Words, Risk: call.Risk, Target: t.Target, Server: planned.Server,
		Requester: ops.PersonID{Team: t.bot.Team(), User: ops.Itself}, Reason: reason,
		Plan: planned.Plan, Shown: shown, Digest: approval.Digest(call.Path, planned.Server, planned.Plan),
	}
	if !t.Quiet || late >= lateAfter || before > 0 {
		q.Origin.Channel = t.bot.channelOf(t.Target.Database)
	}
	return q, nil
}

// clock is a time as the schedule's zone shows it.
func clock(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

// withHint is an error in a sentence, and what to do about it.
func withHint(err error) string {
	said := inOneSentence(err)
	if marked, ok := errors.AsType[*ops.Error](err); ok && marked.Hint != "" {
		said += " " + ops.Redact(marked.Hint)
	}
	return said
}

// What dbbot asks for by itself, and nothing else, ever.
const (
	backupNow    = "backup now"
	backupVerify = "backup verify"
)

func asksItself(command string) bool { return command == backupNow || command == backupVerify }

// checkItself is checkPeople of what dbbot asked for itself: the file is its consent, for those commands alone.
func (b *Bot) checkItself(q approval.Request) error {
	terms := q.Terms
	if q.Requester.Team != b.Team() || !asksItself(q.Command) || q.Risk != ops.Operate || len(q.Votes) > 0 || q.Glass || terms.Count != 0 || terms.Alone {
		return outdated("dbbot asks for backups by itself, and for nothing else.")
	}
	return nil
}
