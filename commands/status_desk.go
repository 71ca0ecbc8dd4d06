package commands

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"dbbot/ops/postgres"
)

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

// desk begins to look at what stands beside the databases, and gives a function that waits for it.
func (t Toolbox) desk(ctx context.Context) func() []Section {
	redis := make(chan Section, 1)
	go func() { redis <- t.redis(ctx) }()
	return func() []Section { return []Section{<-redis, t.self()} }
}

func (t Toolbox) redis(ctx context.Context) Section {
	if t.Redis == nil {
		return Section{Title: "Redis", Summary: Say("none is configured; its part is played inside dbbot")}
	}
	return alive("Redis", t.Redis, Watch, "limits and repeats are kept by each process alone meanwhile")(ctx)
}

func (t Toolbox) self() Section {
	section := Section{Title: "dbbot", Verdict: Good, Summary: sayf("version %s", t.Version)}
	if t.Self != nil {
		self := t.Self.Self()
		section.Summary = append(section.Summary, Span{Text: fmt.Sprintf(", up %s, %s answered, %d at this moment",
			postgres.Age(time.Since(self.Since)), counted(int(self.Answered), "command"), self.Answering)})
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	section.Lines = []Text{sayf("%s of memory, %s", postgres.Bytes(m.Sys), counted(runtime.NumGoroutine(), "goroutine"))}
	if t.Chat != nil {
		slack := sockets(t.Chat.State())
		section.Verdict = Worst(section.Verdict, slack.Verdict)
		section.Lines = append(append(section.Lines, append(Say("Slack: "), slack.Summary...)), slack.Lines...)
	}
	return section
}
