package commands

import (
	"context"
	"errors"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

// backupsTopic stands beside the topics of package postgres: it needs the store and not the database.
const backupsTopic postgres.Topic = "Backups"

// backupState is what one could come back to.
type backupState struct {
	configured bool
	kept
	fault *ops.Error // why it is not known
}

// glance looks at a store no longer than ctx lasts.
func (t Toolbox) glance(ctx context.Context, target ops.Target) (b backupState) {
	b.target = target
	if b.rules, b.configured = t.rules(target); !b.configured {
		return b
	}
	var err error
	b.Shelf, err = t.Shelf.Glance(ctx, target.Database)
	switch marked, ok := errors.AsType[*ops.Error](err); {
	case ok:
		b.fault = marked
	case err != nil:
		b.fault = &ops.Error{Message: "The store of the backups could not be read.", Cause: err}
	}
	return b
}

// short is for the line of a database.
func (b backupState) short() string {
	switch newest := b.verified(); {
	case !b.configured:
		return "no backups configured"
	case b.fault != nil:
		return "backups unseen"
	case newest == nil:
		return "no verified backup"
	default:
		return "verified backup of " + elapsed(b.At, newest.Started) + " ago"
	}
}

func (b backupState) finding() postgres.Finding {
	f := postgres.Finding{Topic: backupsTopic, Verdict: postgres.Good}
	if b.fault != nil {
		f.Verdict, f.Why, f.Fix = postgres.Unseen, strings.TrimSuffix(b.fault.Message, "."), b.fault.Hint
		return f
	}
	text, verdict := newestLine(b.verified(), b.rules.Limit, b.At)
	last := b.newest()
	switch {
	case last != nil && last.Bad():
		f.Verdict, f.Why, f.Fix = postgres.Bad, "the last backup is not good: "+strings.TrimSuffix(sentenceOf(last.Verified.Found), "."), "/db backup show "+string(last.ID)+" tells all."
	case verdict != Good:
		f.Verdict, f.Why, f.Fix = postgres.Verdict(verdict), text.String(), "/db backup now "+typed(b.target.Database)+" takes one."
	case len(b.Faults) > 0:
		f.Verdict, f.Why = postgres.Watch, "in the store: "+strings.TrimSuffix(sentenceOf(b.Faults), ".")
	case b.Cluster != nil && b.Cluster.Fault != "":
		f.Verdict, f.Why = postgres.Unseen, b.Cluster.Name+" could not be asked"
	case b.Cluster != nil && b.rules.Limit > 0 && b.At.Sub(b.Cluster.Newest) > b.rules.Limit:
		f.Verdict, f.Why = postgres.Watch, "the newest backup of "+b.Cluster.Name+" is older than "+postgres.Age(b.rules.Limit).String()
	}
	return f
}

// facts for the full report.
func (b backupState) facts() (f fact) {
	if b.fault != nil {
		return f
	}
	f.good, _ = newestLine(b.verified(), 0, b.At)
	f.closer = []Text{sayf("%s, %s in %s", ops.Count(len(b.Backups), "backup"), bytesOf(b.total()), b.rules.Location)}
	if b.Cluster != nil {
		f.always = b.Cluster.text(b.kept)
	}
	return f
}
