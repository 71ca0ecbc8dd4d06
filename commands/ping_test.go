package commands

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

type fakePinger struct{ err error }

func (f fakePinger) Ping(context.Context) error { return f.err }

// silent never answers, until its context ends.
type silent struct{}

func (silent) Ping(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

type fakePostgres map[string]error

func (f fakePostgres) Ping(ctx context.Context, database string) (postgres.Pong, error) {
	if errors.Is(f[database], context.DeadlineExceeded) {
		<-ctx.Done()
	}
	return postgres.Pong{Version: "17.6", Replica: database == "reporting", Took: 4321 * time.Microsecond}, f[database]
}

type fakeChat ChatState

func (f fakeChat) State() ChatState { return ChatState(f) }

var connected = fakeChat{Open: 2, Wanted: 2, Connections: 2, Since: noon, Granted: []string{"chat:write", "commands"}, Needed: []string{"chat:write", "commands"}}

// steady takes out what differs from machine to machine.
func steady(text string) string {
	text = regexp.MustCompile(`(Redis|state database): good, [0-9.]+ ms`).ReplaceAllString(text, "$1: good, TIME")
	version := fmt.Sprintf("%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return regexp.MustCompile(regexp.QuoteMeta(version)).ReplaceAllString(text, "GO, OS/ARCH")
}

func TestPing(t *testing.T) {
	down := &ops.Error{Message: "The server refused the connection.", Hint: "Is it running?", Cause: errors.New("secret")}
	full := Toolbox{Databases: shop, Version: "1.2.3", Postgres: fakePostgres{}, Chat: connected, State: fakePinger{}, Redis: fakePinger{}}
	golden(t, "ping.golden", steady(say(t, All(full), "ping")))

	broken := full
	broken.Postgres = fakePostgres{"orders": down, "reporting": context.DeadlineExceeded}
	broken.State, broken.Redis = silent{}, fakePinger{errors.New("dial redis://:pw@host")}
	broken.Chat = fakeChat{
		Open: 1, Wanted: 2, Connections: 3, Strangers: 1, Since: noon, Fault: "Slack closed a socket: link_disabled.",
		Granted: []string{"commands"}, Needed: connected.Needed,
	}
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		golden(t, "ping_broken.golden", steady(say(t, All(broken), "ping")))
		if took := time.Since(begun); took > pingBound {
			t.Errorf("took %s, though all are asked at once", took)
		}
	})
	golden(t, "ping_alone.golden", steady(say(t, All(Toolbox{Version: "1.2.3"}), "ping")))
}

func TestPingJudges(t *testing.T) {
	tests := []struct {
		name  string
		state func(*fakeChat)
		want  Verdict
	}{
		{"as it should be", func(*fakeChat) {}, Good},
		{"one socket of two", func(s *fakeChat) { s.Open = 1 }, Watch},
		{"no socket", func(s *fakeChat) { s.Open = 0 }, Bad},
		{"a fault", func(s *fakeChat) { s.Fault = "rate limited" }, Watch},
		{"a recycled socket that Slack still counts", func(s *fakeChat) { s.Connections = 3 }, Good},
		{"somebody else's socket", func(s *fakeChat) { s.Connections, s.Strangers = 3, 1 }, Watch},
		{"scopes not known yet", func(s *fakeChat) { s.Granted = nil }, Unseen},
		{"a scope is missing", func(s *fakeChat) { s.Needed = append(s.Needed[:2:2], "users:read") }, Bad},
	}
	for _, tt := range tests {
		state := connected
		tt.state(&state)
		got := Worst(sockets(state.State()).Verdict, scopes(state.State()).Verdict)
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestPingReadsOnlyWhatItMay(t *testing.T) {
	call, err := All(Toolbox{Databases: shop, Postgres: fakePostgres{}}).Find("ping")
	if err != nil {
		t.Fatal(err)
	}
	view, err := call.Answer(t.Context(), ana, []ops.Target{reporting})
	if err != nil || len(view.Parts) != 1 || view.Parts[0].Section.Title != "reporting" {
		t.Errorf("got %s, %v", view.Text(), err)
	}
}
