package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

// report is all about one database: what is wrong first, then the rest in the order of the topics.
func (t Toolbox) report(ctx context.Context, target ops.Target) View {
	desk := t.desk(ctx)
	s := t.lookAt(ctx, target)
	view := View{Title: s.title(), Verdict: s.verdict(), Buttons: refreshAndShare(), Lead: Say(s.lead())}
	sections := append(s.sections(), desk()...)
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

// lead is the answer in two or three sentences.
func (s seen) lead() string {
	if down := s.status.Down; down != nil {
		return strings.TrimSpace(down.Message + " " + down.Hint)
	}
	why := s.reasons(3)
	if unseen := s.unseen(); unseen != "" {
		why = append(why, "Could not be seen: "+unseen+".")
	}
	if len(why) == 0 {
		return "All is well."
	}
	return strings.Join(why, " ")
}

// sections of the report. Where the database is down only what is known without it remains.
func (s seen) sections() (all []Section) {
	for _, f := range s.findings {
		all = append(all, s.section(f))
	}
	if s.status.Down == nil && !s.state.configured {
		all = append(all, Section{Title: string(migrationsTopic), Summary: Say("no folder is configured for this database")})
	}
	return append(all, Section{Title: "Backups", Summary: Say("none by dbbot, which takes none in this version; whether somebody else does it cannot see")})
}

// section is the finding with its facts. What is good is one line; what is not says why, then what to do, then the
// facts.
func (s seen) section(f postgres.Finding) Section {
	summary, lines := s.facts(f.Topic)
	section := Section{Title: string(f.Topic), Verdict: Verdict(f.Verdict)}
	if f.Verdict == postgres.Good {
		section.Summary = summary
		if slices.Contains(alwaysListed, f.Topic) {
			section.Lines = lines
		}
		return section
	}
	section.Summary = Say(f.Why)
	if f.Fix != "" {
		section.Lines = append(section.Lines, fix(f.Fix))
	}
	if summary != nil {
		section.Lines = append(section.Lines, summary)
	}
	section.Lines = append(section.Lines, lines...)
	return section
}

// alwaysListed have lines that are worth their place also while all is well.
var alwaysListed = []postgres.Topic{postgres.StatementsTopic, postgres.SizeTopic, postgres.ReplicationTopic}

// fix shows a statement as one, so that it can be copied.
func fix(s string) Text {
	if strings.HasSuffix(s, ";") && !strings.Contains(s, ". ") && s[:1] == strings.ToUpper(s[:1]) && strings.ToUpper(s[:3]) == s[:3] {
		return Text{literal(s)}
	}
	return Say(s)
}

// facts are what was seen of a topic: a line, and more lines for those who look closer.
func (s seen) facts(topic postgres.Topic) (summary Text, lines []Text) {
	v := s.status
	switch topic {
	case postgres.ServerTopic:
		return facts(v.Server, serverFacts)
	case postgres.RoleTopic:
		return facts(v.Server, roleFacts)
	case postgres.ConnectionsTopic:
		return facts(v.Connections, connectionFacts)
	case postgres.ThroughputTopic:
		return facts(v.Counters, throughputFacts)
	case postgres.CacheTopic:
		return facts(v.Counters, func(c postgres.Counters) (Text, []Text) { return cacheFacts(c, v.Thresholds) })
	case postgres.LongestTopic:
		return facts(v.Activity, longestFacts)
	case postgres.IdleTopic:
		return facts(v.Activity, idleFacts)
	case postgres.BlockedTopic:
		return facts(v.Locks, blockedFacts)
	case postgres.LocksTopic:
		return facts(v.Locks, lockFacts)
	case postgres.ReplicationTopic:
		return facts(v.Replication, replicationFacts)
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
	}
	return nil, nil
}

// facts of a reading; none where it could not be read.
func facts[T any](r postgres.Reading[T], say func(T) (Text, []Text)) (Text, []Text) {
	if r.Fault != nil {
		return nil, nil
	}
	return say(r.Value)
}

// longest name and text from outside that one line holds.
const (
	nameRunes  = 60
	queryRunes = 160
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
