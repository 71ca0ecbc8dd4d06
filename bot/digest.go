package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/backup"
	"dbbot/ops/postgres"
)

const (
	// summed is what a digest looks back on.
	summed = 7 * 24 * time.Hour
	// stale is when a digest is not worth saying any more.
	stale = 24 * time.Hour
)

// sumUp says how the backups of the last week went, when the file asks for that.
func (t *tending) sumUp(ctx context.Context) error {
	if t.Digest == nil {
		return nil
	}
	slot, _, err := t.dueNow(ctx, "digest "+t.Target.Database, *t.Digest)
	switch {
	case err != nil || slot.Due.IsZero():
		return err
	case t.now.Sub(slot.Due) > stale || t.bot.channelOf(t.Target.Database) == "":
		return t.state.SeenTo(ctx, slot)
	case !t.read: // watch says so
		return nil
	}
	over := []approval.State{approval.Failed, approval.Interrupted, approval.Cancelled, approval.Invalidated}
	failed, err := t.state.List(ctx, approval.Filter{States: over, Databases: []string{t.Target.Database}, Since: t.now.Add(-summed), Limit: mostFailed})
	if err != nil {
		return err
	}
	failed = slices.DeleteFunc(failed, func(r approval.Request) bool { return !asksItself(r.Command) || r.Ended.Before(t.now.Add(-summed)) })
	m := t.notice("", nil)
	m.Key = slot.Key + " " + slot.Due.UTC().Format(time.RFC3339)
	m.Body = Said{View: t.digest(failed)}.body()
	return t.state.Say(ctx, slot, m, audit.Entry{Event: audit.Summed, Database: t.Target.Database, Origin: m.Key})
}

// mostFailed is how many requests are looked at for those that did not succeed.
const mostFailed = 200

// digest is the last week in a few lines.
func (t *tending) digest(failed []approval.Request) commands.View {
	var week []backup.Backup
	size := int64(0)
	for _, b := range t.all {
		if t.now.Sub(b.Started) < summed {
			week = append(week, b)
		}
		size += b.Archive.Size
	}
	good := len(slices.DeleteFunc(slices.Clone(week), func(b backup.Backup) bool { return !b.Good() }))
	view := commands.View{
		Title: "Backups of " + ops.Printable(t.Target.Database, longestName) + ": the last 7 days", Verdict: commands.Good,
		Lead: commands.Say(fmt.Sprintf("%s taken, %d of them verified. %s did not succeed.", ops.Count(len(week), "backup"), good, ops.Count(len(failed), "request"))),
	}
	add := func(title string, verdict commands.Verdict, summary commands.Text, lines ...commands.Text) {
		view.Verdict = commands.Worst(view.Verdict, verdict)
		view.Parts = append(view.Parts, commands.Part{Section: &commands.Section{Title: title, Verdict: verdict, Summary: summary, Lines: lines}})
	}
	for _, a := range t.on {
		if a.Database == t.Target.Database {
			add("Wrong", commands.Bad, commands.Text{{Text: "since "}, {Kind: commands.Moment, When: a.Began}}, commands.Say(a.Said))
		}
	}
	if at := slices.IndexFunc(t.all, backup.Backup.Good); at >= 0 {
		add("Newest verified", commands.Good, commands.Text{{Kind: commands.Literal, Text: string(t.all[at].ID)}, {Text: ", "}, {Kind: commands.Moment, When: t.all[at].Started}})
	} else {
		add("Newest verified", commands.Bad, commands.Say("there is none"))
	}
	add("Stored", "", commands.Say(fmt.Sprintf("%s, %s", ops.Count(len(t.all), "backup"), postgres.Bytes(size))))
	var lines []commands.Text
	for _, r := range failed[:min(len(failed), maxMisses)] {
		lines = append(lines, commands.RequestNews(r).Lead)
	}
	if len(failed) > 0 {
		add("Did not succeed", commands.Watch, commands.Say(ops.Count(len(failed), "request")), lines...)
	}
	if t.Schedule != nil {
		add("Next", "", commands.Text{{Kind: commands.Moment, When: t.Schedule.Next(t.now)}})
	}
	return view
}

// maxMisses are told one by one.
const maxMisses = 5
