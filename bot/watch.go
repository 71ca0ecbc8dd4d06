package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/postgres"
	"dbbot/ops/store"
)

// alarm is a kind of thing that can be wrong with the backups of a database.
type alarm string

const (
	alarmLate  alarm = "late"  // a backup is due and has not begun
	alarmAge   alarm = "age"   // the newest verified one is too old
	alarmOdd   alarm = "odd"   // the newest one is not like those before it
	alarmStore alarm = "store" // nobody knows what there is
)

// over says how it is when it is not so any more.
var over = map[alarm]string{
	alarmLate:  "The schedule of the backups of %s is kept again.",
	alarmAge:   "The newest verified backup of %s is young enough again.",
	alarmOdd:   "The newest backup of %s is as usual again.",
	alarmStore: "The store of the backups of %s can be read again.",
}

// unreadFor is how many looks at a store fail in a row before that is said.
const unreadFor = 10

// counter counts what fails in a row.
type counter struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counter) count(what string, err error) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		delete(c.of, what)
		return 0
	}
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[what]++
	return c.of[what]
}

// watch looks at what there is: is the newest verified one young enough, and the newest like those before it?
func (t *tending) watch(ctx context.Context) error {
	read, cancel := context.WithTimeout(ctx, readBackups)
	defer cancel()
	all, err := t.Backups(read)
	if unread := t.bot.unread.count(t.Target.Database, err); err != nil {
		if unread < unreadFor {
			return err
		}
		return errors.Join(err, t.judge(ctx, alarmStore, fmt.Sprintf("The store of the backups of %s cannot be read: %s", t.Target.Database, withHint(err))))
	}
	t.all, t.read = all, true
	t.bot.metrics.backups(t.Target.Database, all)
	return errors.Join(t.judge(ctx, alarmStore, ""), t.judge(ctx, alarmOdd, unusual(t.Target.Database, all)), t.watchAge(ctx))
}

// unusual is what is odd about the newest one; empty where nothing is.
func unusual(database string, all []backup.Backup) string {
	if len(all) == 0 {
		return ""
	}
	said := backup.Odd(all[0], all[1:])
	if len(said) == 0 {
		return ""
	}
	text := fmt.Sprintf("The newest backup of %s, %s, is unusual.", database, all[0].ID)
	for _, sentence := range said {
		text += " " + sentence
	}
	return text + " Until it is as usual again, no backup is deleted by rule."
}

func (t *tending) watchAge(ctx context.Context) error {
	if t.Limit == 0 {
		return nil
	}
	since, now, err := t.state.Scheduled(ctx, "age "+t.Target.Database, t.Limit.String())
	if err != nil {
		return err
	}
	wrong := ""
	at := slices.IndexFunc(t.all, backup.Backup.Good)
	switch {
	case at < 0 && now.Sub(since) > t.Limit:
		wrong = fmt.Sprintf("There is no verified backup of %s.", t.Target.Database)
	case at >= 0 && now.Sub(t.all[at].Started) > t.Limit:
		wrong = fmt.Sprintf("The newest verified backup of %s, %s, is %s old, and should not be older than %s.",
			t.Target.Database, t.all[at].ID, postgres.Age(now.Sub(t.all[at].Started)), postgres.Age(t.Limit))
	}
	return t.judge(ctx, alarmAge, wrong)
}

func (t *tending) key(kind alarm) string { return string(kind) + " " + t.Target.Database }

// judge says what is wrong once it begins to be, and once when it is over. wrong is empty where nothing is.
func (t *tending) judge(ctx context.Context, kind alarm, wrong string) error {
	key := t.key(kind)
	t.judged[key] = true
	was := slices.IndexFunc(t.on, func(a store.Alarm) bool { return a.Key == key })
	var err error
	switch {
	case wrong != "" && was < 0:
		_, err = t.state.Raise(ctx, store.Alarm{Key: key, Database: t.Target.Database, Said: wrong}, t.notice(commands.Bad, commands.Say(wrong)))
	case wrong == "" && was >= 0:
		before := t.on[was]
		_, err = t.state.Clear(ctx, key, t.notice(commands.Good, commands.Text{
			{Text: fmt.Sprintf(over[kind], t.Target.Database) + " Since "}, {Kind: commands.Moment, When: before.Began}, {Text: " this was wrong: " + before.Said},
		}))
	}
	return err
}

// notice is a message to the channel of the database.
func (t *tending) notice(verdict commands.Verdict, lead commands.Text) store.Message {
	said := Said{View: commands.View{Title: "Backups of " + ops.Printable(t.Target.Database, longestName), Verdict: verdict, Lead: lead}}
	return store.Message{Kind: store.Notice, To: t.bot.channelOf(t.Target.Database), Body: said.body()}
}

// forget ends, without a word, alarms of what nobody watches any more: the file is another one. Of a database that could not
// be looked after nothing is known.
func (b *Bot) forget(ctx context.Context, state State, on []store.Alarm, looks []*tending, faults []error) (err error) {
	for _, a := range on {
		known := slices.ContainsFunc(looks, func(t *tending) bool { return t.judged[a.Key] })
		for i, t := range looks {
			known = known || faults[i] != nil && t.Target.Database == a.Database
		}
		if !known {
			_, fault := state.Clear(ctx, a.Key, store.Message{})
			err = errors.Join(err, fault)
		}
	}
	return err
}
