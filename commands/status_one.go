package commands

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

// report is all about one database: what is wrong first, then the rest in the order of the topics.
func (t Toolbox) report(ctx context.Context, asker Asker, target ops.Target) View {
	var s seen
	var desk []Section
	atOnce(func() { s = t.lookAt(ctx, target) }, func() { desk = t.desk(ctx) })
	s.asker = asker
	view := View{Title: s.title(), Verdict: s.verdict(), Buttons: refreshAndShare(), Lead: Say(s.lead())}
	sections := append(s.sections(), desk...)
	worstFirst(sections, func(s Section) Verdict { return s.Verdict })
	for _, section := range sections {
		view.Parts = append(view.Parts, Part{Section: &section})
		view.Verdict = Worst(view.Verdict, section.Verdict)
	}
	view.Notes = []Text{read(s.status.At, s.status.Took)}
	if server := s.status.Server; server.Fault == nil && server.Value.Pooled {
		view.Notes = append(view.Notes, Say("dbbot's url leads through a connection pooler; this is the server behind it."))
	}
	return view
}

// leadReasons is how many reasons the lead gives in full: more are not read at three in the morning.
const leadReasons = 3

// lead is the answer in two or three sentences.
func (s seen) lead() string {
	if down := s.status.Down; down != nil {
		return strings.TrimSpace(down.Message + " " + down.Hint)
	}
	var why, more []string
	for i, f := range s.reasons() {
		if i < leadReasons {
			why = append(why, capital(f.Why)+".")
		} else {
			more = append(more, topic(f))
		}
	}
	if len(more) > 0 {
		why = append(why, "Also worth a look: "+strings.Join(more, ", ")+".")
	}
	if unseen := s.unseen(); unseen != "" {
		why = append(why, "Could not be seen: "+unseen+".")
	}
	if len(why) == 0 {
		return "All is well."
	}
	return strings.Join(why, " ")
}

// sections of the report, worst first. Where the database is down only what is known without it remains.
func (s seen) sections() (all []Section) {
	told := told{}
	for _, f := range s.worstFirst() {
		all = append(all, s.section(f, told))
	}
	if s.status.Down == nil && !s.state.configured {
		all = append(all, Section{Title: string(migrationsTopic), Summary: Say("no folder is configured for this database")})
	}
	if !s.backups.configured {
		all = append(all, Section{Title: string(backupsTopic), Summary: Say("none by dbbot: no store is configured for this database; those of others dbbot cannot see")})
	}
	return all
}

// section is the finding with its facts. What is good is one line; what is not says why, then what to do, then what
// was seen.
func (s seen) section(f postgres.Finding, told told) Section {
	section := Section{Title: string(f.Topic), Verdict: Verdict(f.Verdict), Summary: Say(f.Why)}
	if f.Verdict == postgres.Good { // sessions of lines that are not shown are not told
		facts := s.facts(f.Topic, map[int]bool{})
		section.Summary, section.Lines = facts.good, facts.always
		return section
	}
	facts := s.facts(f.Topic, told)
	if f.Fix != "" {
		section.Lines = append(section.Lines, fix(f.Fix))
	}
	section.Lines = append(append(section.Lines, facts.closer...), facts.always...)
	section.Buttons = facts.buttons
	return section
}

// fact is what was seen of a topic.
type fact struct {
	good   Text   // the summary where all is well
	closer []Text // lines for those who look closer because it is not
	always []Text // lines that are worth their place in any case

	buttons []Button // what can be done about it, by those who look closer
}

// told are the sessions that a section above has described; one below names only their pid.
type told map[int]bool

// statement matches what can be copied and run.
var statement = regexp.MustCompile(`^(GRANT|CREATE|ALTER|SELECT|VACUUM) [^.]*;$`)

// fix shows a statement as one.
func fix(s string) Text {
	if statement.MatchString(s) {
		return Text{literal(s)}
	}
	return Say(s)
}

func (s seen) facts(topic postgres.Topic, told told) fact {
	v := s.status
	switch topic {
	case postgres.ServerTopic:
		return facts(v.Server, serverFacts)
	case postgres.RoleTopic:
		return facts(v.Server, roleFacts)
	case postgres.BlockedTopic:
		f := facts(v.Locks, told.blocked)
		f.buttons = endings(s.asker, s.target, v.Locks.Value.Tree())
		return f
	case postgres.LocksTopic:
		return facts(v.Locks, lockFacts)
	case postgres.IdleTopic:
		return facts(v.Activity, told.idle)
	case postgres.LongestTopic:
		return facts(v.Activity, told.longest)
	case postgres.ConnectionsTopic:
		return facts(v.Connections, connectionFacts)
	case postgres.ReplicationTopic:
		return facts(v.Replication, replicationFacts)
	case postgres.ThroughputTopic:
		return facts(v.Counters, throughputFacts)
	case postgres.CacheTopic:
		return facts(v.Counters, func(c postgres.Counters) fact { return cacheFacts(c, v.Thresholds) })
	case postgres.SizeTopic:
		return sizeFacts(v.Size, v.Tables)
	case postgres.FreezeTopic:
		return facts(v.Freeze, freezeFacts)
	case postgres.CheckpointsTopic:
		return facts(v.Checkpoints, checkpointFacts)
	case postgres.DisturbancesTopic:
		return facts(v.Counters, disturbanceFacts)
	case postgres.StatementsTopic:
		return facts(v.Statements, statementFacts)
	case migrationsTopic:
		return s.state.facts()
	case backupsTopic:
		return s.backups.facts()
	}
	return fact{}
}

// facts of a reading; none where it could not be read.
func facts[T any](r postgres.Reading[T], say func(T) fact) fact {
	if r.Fault != nil {
		return fact{}
	}
	return say(r.Value)
}

// longest name and text from outside that one line holds.
const (
	nameRunes  = 60
	queryRunes = 120
)

func name(s string) string { return ops.Printable(s, nameRunes) }

func literal(s string) Span { return Span{Kind: Literal, Text: s} }

func sayf(format string, args ...any) Text { return Say(fmt.Sprintf(format, args...)) }

// ago is empty where it is not known.
func ago(age postgres.Age, before string) string {
	if age == 0 {
		return ""
	}
	return before + age.String()
}
