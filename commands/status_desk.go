package commands

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/coord"
	"dbbot/ops/postgres"
)

// redisInformer says how Redis is; an error is an *ops.Error.
type redisInformer interface {
	pinger
	Info(ctx context.Context) (coord.Info, error)
}

// selfReporter is how the program sees itself; no I/O.
type selfReporter interface {
	Self() SelfState
}

// SelfState is what dbbot itself is doing.
type SelfState struct {
	Since     time.Time // when it started
	Answering int       // commands being answered at this moment
	Answered  int64     // since the start
}

// desk is what stands beside the databases.
func (t Toolbox) desk(ctx context.Context) []Section { return []Section{t.redis(ctx), t.self()} }

func (t Toolbox) redis(ctx context.Context) Section {
	section := Section{Title: "Redis", Verdict: Good}
	if t.Redis == nil {
		section.Summary = Say("none is configured; its part is played inside dbbot")
		return section
	}
	info, err := t.Redis.Info(ctx)
	if err != nil {
		return section.failed(err, Watch, "limits and repeats are kept by each process alone meanwhile")
	}
	section.Summary = Say(strings.Join(redisFacts(info), ", "))
	for _, fault := range redisFaults(info) {
		section.Verdict = Watch
		section.Lines = append(section.Lines, Say(fault))
	}
	return section
}

func redisFacts(info coord.Info) []string {
	facts := []string{"it answers"}
	if info.Version != "" {
		facts = []string{"version " + ops.Printable(info.Version, 20)}
	}
	if info.Nodes > 1 {
		facts = append(facts, fmt.Sprintf("a cluster of %d masters", info.Nodes))
	}
	if info.Memory > 0 {
		facts = append(facts, postgres.Bytes(info.Memory).String()+" of memory")
	}
	if info.Clients > 0 {
		facts = append(facts, ops.Count(info.Clients, "client"))
	}
	if info.Uptime > 0 {
		facts = append(facts, "up "+postgres.Age(info.Uptime).String())
	}
	return facts
}

// redisFaults are what keeps Redis from doing its part well; nothing that must be true rests on it.
func redisFaults(info coord.Info) (faults []string) {
	say := func(is bool, what string) {
		if is {
			faults = append(faults, what)
		}
	}
	say(info.Loading, "It is still reading its file.")
	say(info.Role == "slave", "It is a replica, which takes no writes.")
	say(info.SaveFailed || info.WriteFailed, "It could not write to its disk.")
	say(info.Rejected > 0, fmt.Sprintf("It has refused %s because of maxclients.", ops.Count(int(info.Rejected), "connection")))
	say(info.Evicted == 0 && info.Forgets(), "Once its memory is full it throws keys away; maxmemory-policy should be noeviction.")
	say(info.Evicted > 0, fmt.Sprintf("It has thrown %s away because its memory was full; maxmemory-policy should be noeviction.", ops.Count(int(info.Evicted), "key")))
	return faults
}

func (t Toolbox) self() Section {
	section := Section{Title: "dbbot", Verdict: Good, Summary: sayf("version %s", t.Version)}
	if t.Self != nil {
		self := t.Self.Self()
		section.Summary = append(section.Summary, Span{Text: fmt.Sprintf(", up %s, %s answered, %d at this moment",
			postgres.Age(time.Since(self.Since)), ops.Count(int(self.Answered), "command"), self.Answering)})
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	section.Summary = append(section.Summary, Span{Text: fmt.Sprintf(", %s of memory", postgres.Bytes(m.Sys))})
	if t.Chat == nil {
		return section
	}
	if slack := sockets(t.Chat.State()); slack.Verdict != Good { // ping says more where it is
		section.Verdict = slack.Verdict
		section.Lines = append([]Text{append(Say("Slack: "), slack.Summary...)}, slack.Lines...)
	}
	return section
}
