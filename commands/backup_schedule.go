package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

var _ = add(backupSchedule)

const (
	nextRuns     = 3 // of each schedule that are shown
	lastOutcomes = 5 // of each database
)

// backupSchedule is when backups are taken, how that went, and which the rules would delete.
func backupSchedule(t Toolbox) Command {
	return aboutShelves(t, About{
		Path: "backup schedule", Risk: ops.Read, Args: []Arg{ofAll},
		Summary: "when the next backups are due, how the last went, and which would be deleted", Example: "backup schedule orders",
	}, "Schedule of backups", func(ctx context.Context, k kept, _ bool) []Part {
		return []Part{{Section: k.due()}, {Section: t.outcomes(ctx, k)}, {Section: k.leaving()}}
	})
}

// due says when the next runs are, in the schedule's own zone and in the reader's.
func (k kept) due() *Section {
	section := &Section{Title: name(k.target.Database), Summary: Say("nothing is taken by itself: no schedule is written")}
	if k.rules.Schedule == "" {
		return section
	}
	schedule, err := backup.ParseSchedule(k.rules.Schedule, k.rules.Zone)
	if err != nil {
		section.Verdict, section.Summary = Bad, Say("its schedule cannot be read: "+k.rules.Schedule)
		return section
	}
	section.Summary = Text{literal(k.rules.Schedule), {Text: ", in " + k.rules.Zone.String() + "; verified: " + k.rules.Verify}}
	at := k.At
	for range nextRuns {
		if at = schedule.Next(at); at.IsZero() {
			break
		}
		due := Text{moment(at)}
		if k.rules.Zone != time.UTC { // readers see their own zone, and terminals UTC
			due = append(due, Span{Text: at.In(k.rules.Zone).Format(", there Mon 15:04 MST")})
		}
		section.Lines = append(section.Lines, due)
	}
	return section
}

// outcomes are what became of the last backups that were asked for, by people and by the schedule.
func (t Toolbox) outcomes(ctx context.Context, k kept) *Section {
	section := &Section{Title: "How the last went", Summary: Say("none was asked for yet")}
	if t.Requests == nil {
		section.Summary = Say("not known: no requests are kept here")
		return section
	}
	found, err := t.Requests.List(ctx, approval.Filter{Databases: []string{k.target.Database}, Limit: maxSearched})
	if err != nil {
		section.Verdict, section.Summary = Unseen, Say(inWords(err))
		return section
	}
	found = slices.DeleteFunc(found, func(r approval.Request) bool { return r.Command != "backup now" || r.Started.IsZero() })
	for i, r := range found[:min(len(found), lastOutcomes)] {
		if i == 0 {
			section.Summary = Say(string(r.State))
			section.Verdict = map[approval.State]Verdict{approval.Succeeded: Good, approval.Failed: Bad, approval.Interrupted: Bad}[r.State]
		}
		section.Lines = append(section.Lines, Text{moment(r.Started), {Text: fmt.Sprintf(", %s: %s", r.ID, strings.TrimSpace(string(r.State)+". "+sentence(ops.Printable(r.Why, maxReason))))}})
	}
	return section
}

// leaving are the backups that the rules would delete after the next success.
func (k kept) leaving() *Section {
	section := &Section{Title: "The next success deletes", Summary: Say("nothing")}
	how := backup.Due(k.rules.Verify, k.Backups, k.opens(k.rules.Recipients), k.At)
	if gone := k.leavingAfter(how); len(gone) > 0 {
		section.Summary = literals(gone)
	}
	return section
}
