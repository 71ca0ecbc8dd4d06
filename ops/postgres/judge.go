package postgres

import (
	"fmt"
	"time"

	"dbbot/ops"
)

// Verdict is one word about how something is.
type Verdict string

// The verdicts. Unseen is never good: what could not be read is said.
const (
	Good   Verdict = "good"
	Unseen Verdict = "unseen"
	Watch  Verdict = "watch"
	Bad    Verdict = "bad"
)

var rank = map[Verdict]int{Good: 1, Unseen: 2, Watch: 3, Bad: 4}

// Topic is a section of the report, by the title it bears.
type Topic string

// The topics, in the order of the report: after who it is, what an incident is about comes first.
const (
	ServerTopic       Topic = "Server"
	RoleTopic         Topic = "Role"
	BlockedTopic      Topic = "Blocked sessions"
	LocksTopic        Topic = "Locks"
	IdleTopic         Topic = "Idle in transaction"
	LongestTopic      Topic = "Longest query and transaction"
	ConnectionsTopic  Topic = "Connections"
	ReplicationTopic  Topic = "Replication"
	ThroughputTopic   Topic = "Throughput"
	CacheTopic        Topic = "Cache"
	SizeTopic         Topic = "Size"
	FreezeTopic       Topic = "Transaction ids"
	CheckpointsTopic  Topic = "Checkpoints"
	DisturbancesTopic Topic = "Deadlocks and temporary files"
	StatementsTopic   Topic = "Top statements"
)

// Finding is the verdict on one topic.
type Finding struct {
	Topic   Topic
	Verdict Verdict
	Why     string // why it is not good, as a sentence without its full stop; empty where it is
	Fix     string // what to do, a sentence or a statement; may be empty
}

// Judge says how good each topic is, in the order of the report. It is pure. Of a database that is down it has
// nothing to say: Status.Down says it all.
func Judge(s Status, t Thresholds) []Finding {
	if s.Down != nil {
		return nil
	}
	return []Finding{
		judge(ServerTopic, s.Server, func(f *Finding, v Server) { v.judge(f, t) }),
		judge(RoleTopic, s.Server, func(*Finding, Server) {}),
		judge(BlockedTopic, s.Locks, func(f *Finding, v Locks) { v.judgeBlocked(f, t) }),
		judge(LocksTopic, s.Locks, func(f *Finding, v Locks) { v.judgeLocks(f, t) }),
		judge(IdleTopic, s.Activity, func(f *Finding, v Activity) { v.judgeIdle(f, t, s.grant()) }),
		judge(LongestTopic, s.Activity, func(f *Finding, v Activity) { v.judgeLongest(f, t, s.grant()) }),
		judge(ConnectionsTopic, s.Connections, func(f *Finding, v Connections) { v.judge(f, t, s.grant()) }),
		judge(ReplicationTopic, s.Replication, func(f *Finding, v Replication) { v.judge(f, t, s.grant()) }),
		judge(ThroughputTopic, s.Counters, func(f *Finding, v Counters) { v.judgeRollbacks(f, t) }),
		judge(CacheTopic, s.Counters, func(f *Finding, v Counters) { v.judgeCache(f, t) }),
		judge(SizeTopic, s.Size, func(*Finding, Size) {}),
		judge(FreezeTopic, s.Freeze, func(f *Finding, v Freeze) { v.judge(f, t) }),
		judge(CheckpointsTopic, s.Checkpoints, func(f *Finding, v Checkpoints) { v.judge(f, t) }),
		judge(DisturbancesTopic, s.Counters, func(f *Finding, v Counters) { v.judgeDisturbances(f, t) }),
		judge(StatementsTopic, s.Statements, func(f *Finding, v Statements) { v.judge(f, s.grant()) }),
	}
}

// judge begins with good, or with unseen where the section could not be read.
func judge[T any](topic Topic, r Reading[T], by func(*Finding, T)) Finding {
	f := Finding{Topic: topic, Verdict: Good}
	if r.Fault != nil {
		f.unseen(r.Fault)
		return f
	}
	by(&f, r.Value)
	return f
}

func (f *Finding) unseen(fault *ops.Error) { f.at(Unseen, fault.Hint, "%s", fault.Message) }

// at makes the finding worse; what is less bad than what is known already is left out, what is as bad is added.
func (f *Finding) at(v Verdict, fix, why string, args ...any) {
	switch why = fmt.Sprintf(why, args...); {
	case rank[v] > rank[f.Verdict]:
		f.Verdict, f.Why, f.Fix = v, why, fix
	case v == f.Verdict && v != Good:
		f.Why += "; " + why
		if f.Fix == "" {
			f.Fix = fix
		}
	}
}

// above judges a figure that is worse the higher it is.
func (f *Finding) above(value, watch, bad float64, fix, why string, args ...any) {
	switch {
	case value >= bad:
		f.at(Bad, fix, why, args...)
	case value >= watch:
		f.at(Watch, fix, why, args...)
	}
}

// older judges how long something has lasted.
func (f *Finding) older(age Age, watch, bad time.Duration, fix, why string, args ...any) {
	f.above(time.Duration(age).Seconds(), watch.Seconds(), bad.Seconds(), fix, why, args...)
}

// grant is what lets the role of this status see more.
func (s Status) grant() string { return Grant(s.Server.Value.User) }
