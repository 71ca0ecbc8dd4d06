package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dbbot/ops"
)

const (
	seconds = Age(time.Second)
	minutes = Age(time.Minute)
	hours   = Age(time.Hour)
)

// quiet is a status about which there is nothing to say.
func quiet() (s Status) {
	s.Server.Value = Server{Version: "17.6", Up: 100 * hours, User: "dbbot", SeesAll: true}
	s.Connections.Value = Connections{Used: 10, Max: 100, Reserved: 3}
	return s
}

func TestJudge(t *testing.T) {
	for name, test := range map[string]struct {
		spoil   func(*Status)
		topic   Topic
		verdict Verdict
		why     string
	}{
		"just started":      {func(s *Status) { s.Server.Value.Up = 3 * minutes }, ServerTopic, Watch, "it was started only 3 min ago"},
		"too old":           {func(s *Status) { s.Server.Value.Version = "13.2" }, ServerTopic, Watch, "PostgreSQL 13 is older than"},
		"connections":       {func(s *Status) { s.Connections.Value.Used = 73 }, ConnectionsTopic, Watch, "73 of 97 usable connections are taken"},
		"few left":          {func(s *Status) { s.Connections.Value.Used = 88 }, ConnectionsTopic, Bad, "88 of 97"},
		"just below":        {func(s *Status) { s.Connections.Value.Used = 72 }, ConnectionsTopic, Good, ""},
		"own limit":         {func(s *Status) { s.Connections.Value.Here, s.Connections.Value.LimitHere = 10, 10 }, ConnectionsTopic, Bad, "10 of the 10 connections this database may have are taken"},
		"hidden sessions":   {func(s *Status) { s.Connections.Value.Hidden = 1 }, ConnectionsTopic, Unseen, "what 1 session do is hidden"},
		"hidden and full":   {func(s *Status) { s.Connections.Value.Hidden, s.Connections.Value.Used = 1, 97 }, ConnectionsTopic, Bad, "97 of 97"},
		"rollbacks":         {counts(Tally{Commits: 850, Rollbacks: 150}), ThroughputTopic, Watch, "15% of the transactions are rolled back"},
		"too few to tell":   {counts(Tally{Commits: 1, Rollbacks: 90}), ThroughputTopic, Good, ""},
		"cache":             {counts(Tally{Read: 20_000, Hit: 80_000}), CacheTopic, Watch, "only 80.0% of the blocks"},
		"too little read":   {counts(Tally{Read: 9_000, Hit: 1}), CacheTopic, Good, ""},
		"recently better":   {func(s *Status) { counts(Tally{Read: 1e6})(s); s.Counters.Value.Recent = &Tally{Read: 1e4, Hit: 1e8} }, CacheTopic, Good, ""},
		"new deadlock":      {func(s *Status) { s.Counters.Value.Recent, s.Counters.Value.Over = &Tally{Deadlocks: 1}, minutes }, DisturbancesTopic, Watch, "1 deadlock in the last 1 min"},
		"old deadlocks":     {counts(Tally{Deadlocks: 9}), DisturbancesTopic, Good, ""},
		"temporary files":   {counts(Tally{TempBytes: 30 << 30}), DisturbancesTopic, Watch, "3 GB an hour go to temporary files"},
		"not yet an hour":   {func(s *Status) { counts(Tally{TempBytes: 1 << 40})(s); s.Counters.Value.Since = minutes }, DisturbancesTopic, Good, ""},
		"long query":        {func(s *Status) { s.Activity.Value.Queries = []Session{{QueryAge: 2 * minutes}} }, LongestTopic, Watch, "a query has been running for 2 min"},
		"very long query":   {func(s *Status) { s.Activity.Value.Queries = []Session{{QueryAge: 6 * minutes}} }, LongestTopic, Bad, "a query has been"},
		"old transaction":   {func(s *Status) { s.Activity.Value.Transactions = []Session{{TransactionAge: 2 * hours}} }, LongestTopic, Bad, "a transaction has been open for 2 h"},
		"prepared":          {func(s *Status) { s.Activity.Value.Prepared = []Prepared{{Age: 6 * minutes}} }, LongestTopic, Watch, "a prepared transaction has been waiting for 6 min"},
		"idle":              {func(s *Status) { s.Activity.Value.Idlers = []Session{{StateAge: 90 * seconds}} }, IdleTopic, Watch, "a session has been idle inside a transaction for 1 min 30 s"},
		"long idle":         {func(s *Status) { s.Activity.Value.Idlers = []Session{{StateAge: 5 * minutes}} }, IdleTopic, Bad, "a session"},
		"hidden activity":   {func(s *Status) { s.Activity.Value.Hidden = 2 }, IdleTopic, Unseen, "what 2 sessions do is hidden"},
		"blocked a moment":  {blocked(1, seconds/2), BlockedTopic, Good, ""},
		"blocked":           {blocked(1, 2*seconds), BlockedTopic, Watch, "1 session waits for another, for 2 s"},
		"blocked long":      {blocked(3, 70*seconds), BlockedTopic, Bad, "3 sessions wait for others, the longest for 1 min 10 s"},
		"locks":             {blocked(3, 70*seconds), LocksTopic, Watch, "3 locks not granted"},
		"shut table":        {func(s *Status) { s.Locks.Value.Exclusive = []Exclusive{{TransactionAge: 2 * seconds}} }, LocksTopic, Watch, "a table is locked so that nobody else can even read, for 2 s"},
		"replica lags":      {replica(Replica{Name: "b", Lag: 9 * seconds}), ReplicationTopic, Watch, "replica b is 9 s behind"},
		"replica far away":  {replica(Replica{Name: "b", Bytes: 200 << 20}), ReplicationTopic, Bad, "replica b is 200 MB behind"},
		"hostile replica":   {replica(Replica{Name: "b\n\u202e" + strings.Repeat("x", 99), Bytes: 200 << 20}), ReplicationTopic, Bad, `replica b\u000a\u202exxx`},
		"hidden replica":    {func(s *Status) { s.Replication.Value.Hidden = 1 }, ReplicationTopic, Unseen, "how far the replica is behind is hidden"},
		"slot unread":       {slot(Slot{Name: "s", WAL: "reserved", Kept: 1 << 30}), ReplicationTopic, Watch, "slot s has no reader and keeps 1 GB of WAL"},
		"slot lost":         {slot(Slot{Name: "s", WAL: "lost"}), ReplicationTopic, Bad, "slot s has lost WAL"},
		"slot about to":     {slot(Slot{Name: "s", WAL: "unreserved", Active: true}), ReplicationTopic, Bad, "slot s is about to lose WAL"},
		"slot read":         {slot(Slot{Name: "s", WAL: "reserved", Active: true}), ReplicationTopic, Good, ""},
		"replica at rest":   {receiver(Receiver{Streaming: true, Replayed: 9 * hours}), ReplicationTopic, Good, ""},
		"replica behind":    {receiver(Receiver{Streaming: true, Bytes: 10, Replayed: 2 * minutes}), ReplicationTopic, Bad, "this replica is 2 min behind"},
		"replica cut off":   {receiver(Receiver{Replayed: seconds}), ReplicationTopic, Watch, "this replica receives nothing from its primary"},
		"replica paused":    {receiver(Receiver{Streaming: true, Paused: true}), ReplicationTopic, Watch, "replay is paused"},
		"transaction ids":   {func(s *Status) { s.Freeze.Value.Transactions = 1_200_000_000 }, FreezeTopic, Watch, "56% of the transaction ids are used up"},
		"multixacts":        {func(s *Status) { s.Freeze.Value.Multixacts = 1_700_000_000 }, FreezeTopic, Bad, "79%"},
		"checkpoints":       {func(s *Status) { s.Checkpoints.Value = Checkpoints{Timed: 5, Requested: 15} }, CheckpointsTopic, Watch, "75% of the checkpoints were forced"},
		"few checkpoints":   {func(s *Status) { s.Checkpoints.Value = Checkpoints{Requested: 9} }, CheckpointsTopic, Good, ""},
		"hidden statements": {func(s *Status) { s.Statements.Value.Hidden = 1 }, StatementsTopic, Unseen, "other roles' statements are hidden"},
		"size not read":     {func(s *Status) { s.Size.Fault = notReached() }, SizeTopic, Unseen, "not read in time"},
	} {
		t.Run(name, func(t *testing.T) {
			s := quiet()
			test.spoil(&s)
			for _, f := range Judge(s, DefaultThresholds()) {
				if f.Topic == test.topic {
					if f.Verdict != test.verdict || !strings.HasPrefix(f.Why, test.why) || (test.why == "") != (f.Why == "") {
						t.Errorf("got %+v", f)
					}
				}
			}
		})
	}
}

func counts(t Tally) func(*Status) {
	return func(s *Status) { s.Counters.Value = Counters{Tally: t, Since: 10 * hours} }
}

func blocked(n int, longest Age) func(*Status) {
	return func(s *Status) { s.Locks.Value = Locks{Waiting: n, Waits: []Wait{{Waited: longest}}} }
}

func replica(r Replica) func(*Status) {
	return func(s *Status) { s.Replication.Value.Replicas = []Replica{r} }
}

func slot(v Slot) func(*Status) {
	return func(s *Status) { s.Replication.Value.Slots = []Slot{v} }
}

func receiver(r Receiver) func(*Status) {
	return func(s *Status) { s.Replication.Value.Receiver = &r }
}

func TestBehind(t *testing.T) {
	for r, want := range map[Receiver]string{
		{Streaming: true, Replayed: 9 * hours}:                   "", // a primary at rest
		{Streaming: true, Bytes: 1 << 20, Replayed: 2 * minutes}: "2 min",
		{Streaming: true, Bytes: 1 << 20}:                        "1 MB",
		{Replayed: 2 * hours}:                                    "2 h",
		{}:                                                       "an unknown time",
	} {
		if got := r.Behind(); got != want {
			t.Errorf("%+v: got %q, want %q", r, got, want)
		}
	}
}

func TestJudgeOfNothingWrong(t *testing.T) {
	findings := Judge(quiet(), DefaultThresholds())
	for _, f := range findings {
		if f.Verdict != Good || f.Why != "" || f.Fix != "" {
			t.Errorf("got %+v", f)
		}
	}
	if len(findings) != 15 {
		t.Errorf("%d topics", len(findings))
	}
	down := quiet()
	down.Down = &ops.Error{Message: "gone"}
	if got := Judge(down, DefaultThresholds()); got != nil {
		t.Errorf("of a database that is down: %v", got)
	}
}

// What could not be read is never good, whichever section it is.
func TestUnseenIsNeverGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, fault := quiet(), &ops.Error{Message: "not permitted"}
		topics := map[string][]Topic{
			"server": {ServerTopic, RoleTopic}, "connections": {ConnectionsTopic}, "activity": {LongestTopic, IdleTopic},
			"locks": {BlockedTopic, LocksTopic}, "replication": {ReplicationTopic}, "freeze": {FreezeTopic}, "size": {SizeTopic},
			"counters": {ThroughputTopic, CacheTopic, DisturbancesTopic}, "checkpoints": {CheckpointsTopic}, "statements": {StatementsTopic},
		}
		blind := map[Topic]bool{}
		for _, section := range sectionsFor("") {
			if rapid.Bool().Draw(t, section.file) {
				section.store(&s, nil, fault)
				for _, topic := range topics[section.file] {
					blind[topic] = true
				}
			}
		}
		for _, f := range Judge(s, DefaultThresholds()) {
			if blind[f.Topic] != (f.Verdict == Unseen) {
				t.Fatalf("%+v, though it could be seen: %v", f, !blind[f.Topic])
			}
		}
	})
}

// A worse figure never gives a better verdict.
func TestJudgeIsMonotonous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ages := rapid.SliceOfN(rapid.Int64Range(0, int64(3*hours)), 2, 2).Draw(t, "ages")
		var ranks []int
		for _, age := range []int64{min(ages[0], ages[1]), max(ages[0], ages[1])} {
			s := quiet()
			blocked(2, Age(age))(&s)
			s.Activity.Value = Activity{Queries: []Session{{QueryAge: Age(age)}}, Idlers: []Session{{StateAge: Age(age)}}}
			sum := 0
			for _, f := range Judge(s, DefaultThresholds()) {
				sum += rank[f.Verdict]
			}
			ranks = append(ranks, sum)
		}
		if ranks[1] < ranks[0] {
			t.Fatalf("%v are judged %v", ages, ranks)
		}
	})
}

func TestThresholds(t *testing.T) {
	if faults := DefaultThresholds().Validate(); faults != nil {
		t.Errorf("the defaults are refused: %v", faults)
	}
	turned := DefaultThresholds()
	turned.QueryWatch, turned.FreezeBad = time.Hour, 1
	if got := fmt.Sprint(turned.Validate()); got != "[query_watch must not be above query_bad. transaction_ids_watch must not be above transaction_ids_bad.]" {
		t.Errorf("got %s", got)
	}
	s := quiet()
	s.Activity.Value.Queries = []Session{{QueryAge: 2 * minutes}}
	own := DefaultThresholds()
	own.QueryWatch, own.QueryBad = time.Hour, 2*time.Hour
	for _, f := range Judge(s, own) {
		if f.Verdict != Good {
			t.Errorf("with thresholds of one's own: %+v", f)
		}
	}
}
