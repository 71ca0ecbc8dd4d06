package commands

import (
	"context"
	"slices"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

var _ = add(status)

// statusReader looks at a configured database. It always answers, at the latest when ctx ends.
type statusReader interface {
	Status(ctx context.Context, database string) postgres.Status
}

// statusBound is how long anything may take that is read beside the databases; see pingBound.
const statusBound = 2 * time.Second

type statusArgs struct{ one bool }

func status(t Toolbox) Command {
	return question(Question[statusArgs]{
		About: About{
			Path: "status", Risk: ops.Read,
			Args:    []Arg{{Name: "database", Kind: AllArg, Optional: true, Hint: "for the full report; all on one screen without"}},
			Summary: "how the databases are, worst first", Example: "status",
		},
		Parse: func(v Values) (statusArgs, []ops.Target, error) {
			return statusArgs{one: v.Word("database") != ""}, v.Databases(), nil
		},
		Answer: func(ctx context.Context, asker Asker, args statusArgs, targets []ops.Target) (View, error) {
			ctx, cancel := context.WithTimeout(ctx, statusBound)
			defer cancel()
			if args.one && len(targets) == 1 {
				return t.report(ctx, asker, targets[0]), nil
			}
			return screen(t.lookAtAll(ctx, targets)), nil
		},
	})
}

// seen is one database as it was found, with a verdict on each topic.
type seen struct {
	target   ops.Target
	asker    Asker // of the report of one; decides which buttons stand in it
	status   postgres.Status
	state    migrations
	backups  backupState
	findings []postgres.Finding
}

func (t Toolbox) lookAtAll(ctx context.Context, targets []ops.Target) []seen {
	all, looks := make([]seen, len(targets)), make([]func(), len(targets))
	for i, target := range targets {
		looks[i] = func() { all[i] = t.lookAt(ctx, target) }
	}
	atOnce(looks...)
	return all
}

// lookAt reads the database, its folder of migrations and the store of its backups at once.
func (t Toolbox) lookAt(ctx context.Context, target ops.Target) seen {
	s, files := seen{target: target}, folder{}
	dir, configured := t.Folders[target.Database]
	atOnce(
		func() { s.status = t.Status.Status(ctx, target.Database) },
		func() {
			if configured {
				files = readFolder(ctx, dir, dir.Load)
			}
		},
		func() { s.backups = t.glance(ctx, target) })
	if configured {
		s.state = compare(s.status, files)
	}
	s.findings = postgres.Judge(s.status, s.status.Thresholds)
	if s.status.Down == nil && s.state.configured {
		s.findings = append(s.findings, s.state.finding())
	}
	if s.backups.configured {
		s.findings = append(s.findings, s.backups.finding())
	}
	return s
}

func (s seen) verdict() Verdict {
	if s.status.Down != nil {
		return Bad
	}
	var all []Verdict
	for _, f := range s.findings {
		all = append(all, Verdict(f.Verdict))
	}
	return Worst(all...)
}

// worstFirst orders by verdict; what is equally bad stays as it stands.
func worstFirst[T any](all []T, verdict func(T) Verdict) {
	order := []Verdict{Bad, Watch, Unseen, Good, ""}
	slices.SortStableFunc(all, func(a, b T) int {
		return slices.Index(order, verdict(a)) - slices.Index(order, verdict(b))
	})
}

// reasons are why a database is not well, worst first. What was not seen is not among them.
func (s seen) reasons() []postgres.Finding {
	return slices.DeleteFunc(s.worstFirst(), func(f postgres.Finding) bool {
		return f.Verdict != postgres.Bad && f.Verdict != postgres.Watch
	})
}

// worstFirst leaves what is equally bad in the order of the report, but for the server: that it was started a moment
// ago matters less than whatever else is as bad.
func (s seen) worstFirst() []postgres.Finding {
	isServer := func(f postgres.Finding) bool { return f.Topic == postgres.ServerTopic && f.Verdict != postgres.Good }
	findings := slices.DeleteFunc(slices.Clone(s.findings), isServer)
	if i := slices.IndexFunc(s.findings, isServer); i >= 0 {
		findings = append(findings, s.findings[i])
	}
	worstFirst(findings, func(f postgres.Finding) Verdict { return Verdict(f.Verdict) })
	return findings
}

// topic of a finding, in the middle of a sentence.
func topic(f postgres.Finding) string { return strings.ToLower(string(f.Topic)) }

// unseen names the topics that could not be read.
func (s seen) unseen() string {
	var topics []string
	for _, f := range s.findings {
		if f.Verdict == postgres.Unseen {
			topics = append(topics, topic(f))
		}
	}
	return strings.Join(topics, ", ")
}

// read says when and how fast.
func read(at time.Time, took time.Duration) Text {
	return Text{{Text: "Read "}, {Kind: Moment, When: at}, {Text: ", in " + postgres.Age(took).String() + "."}}
}
