package bot

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/commands"
	"dbbot/ops"
)

const tooLate = "only U0ANA: “status” did not answer in three seconds. Try again in a moment; /db ping shows what does not answer."

// Each way to hang is answered within three seconds; what a command knew in time is shown.
func TestAnAnswerComesInThreeSeconds(t *testing.T) {
	tests := []struct {
		name   string
		answer func(release chan struct{}) func(context.Context) (commands.View, error)
		want   string
	}{
		{"stops in time and gives what it knows", func(chan struct{}) func(context.Context) (commands.View, error) {
			return func(ctx context.Context) (commands.View, error) {
				<-ctx.Done()
				return commands.View{Lead: commands.Say("half of it")}, nil
			}
		}, "only U0ANA: half of it"},
		{"stops in time and gives up", func(chan struct{}) func(context.Context) (commands.View, error) {
			return func(ctx context.Context) (commands.View, error) { <-ctx.Done(); return commands.View{}, ctx.Err() }
		}, tooLate},
		{"never stops", func(release chan struct{}) func(context.Context) (commands.View, error) {
			return func(context.Context) (commands.View, error) { <-release; return commands.View{}, nil }
		}, tooLate},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			w, release := newWorld(t), make(chan struct{})
			defer close(release)
			answer := tt.answer(release)
			w.answer = func(ctx context.Context, _ commands.Asker, _ []ops.Target) (commands.View, error) { return answer(ctx) }
			begun := time.Now()
			same(t, tt.name, w.says("U0ANA", "status"), tt.want)
			if took := time.Since(begun); took >= 3*time.Second { // a bubble's clock: exact
				t.Errorf("%s: took %s", tt.name, took)
			}
		})
	}
}

// The time that was spent waiting for a turn is part of the three seconds.
func TestWaitingForATurnCounts(t *testing.T) {
	tests := []struct {
		name   string
		waited time.Duration
		want   string
	}{
		{"a little", 200 * time.Millisecond, "only U0ANA: half of it"},
		{"much", 1300 * time.Millisecond, "only U0ANA: half of it"},
		{"too long", 2 * time.Second, "only U0ANA: dbbot is busy and did not come to your question in time. Try again in a moment."},
		{"far too long", time.Hour, "only U0ANA: dbbot is busy and did not come to your question in time. Try again in a moment."},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.answer = func(ctx context.Context, _ commands.Asker, _ []ops.Target) (commands.View, error) {
				<-ctx.Done()
				return commands.View{Lead: commands.Say("half of it")}, nil
			}
			typed := time.Now()
			time.Sleep(tt.waited) // a bubble's clock
			w.Invoke(t.Context(), Invoke{Key: "1", Who: id("U0ANA"), Text: "status", At: typed})
			same(t, tt.name, w.chat.since(), tt.want)
			if took := time.Since(typed); took >= max(3*time.Second, tt.waited+time.Millisecond) {
				t.Errorf("%s: took %s", tt.name, took)
			}
		})
	}
}

// An answer that took all the time there was has buttons that work: what they stand for is kept all the same.
func TestALateAnswerKeepsItsButtons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.answer = func(ctx context.Context, _ commands.Asker, _ []ops.Target) (commands.View, error) {
			<-ctx.Done()
			return commands.View{Lead: commands.Say("half of it"), Buttons: []commands.Button{{Name: commands.Refresh}}}, nil
		}
		same(t, "ana asks", w.says("U0ANA", "status"), "only U0ANA: half of it [Refresh]")
		same(t, "and again", w.clicks("U0ANA", "refresh"), "message 1.1: half of it [Refresh]")
	})
}

// Answers that never end are bounded: the next person hears that dbbot is busy, and is answered once one has ended.
func TestAnswersThatNeverEndAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, release := newWorld(t), make(chan struct{})
		quick := w.answer
		w.answer = func(context.Context, commands.Asker, []ops.Target) (commands.View, error) {
			<-release
			return commands.View{}, nil
		}
		for range maxRunning {
			go w.Invoke(t.Context(), Invoke{Key: ops.Reference(), Who: id("U0ANA"), Text: "status", At: time.Now()})
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.chat.since()
		w.answer = quick
		same(t, "one more", w.says("U0BEN", "status"),
			"only U0BEN: dbbot is busy: 64 questions are waiting for an answer. Try again in a moment. If it stays like this, a database hangs; /db ping says which.")
		close(release)
		synctest.Wait()
		same(t, "afterwards", w.says("U0BEN", "status"), "only U0BEN: look 1 / orders and reporting [Refresh] [Share]")
	})
}

func TestAStopIsSaid(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.answer = func(ctx context.Context, _ commands.Asker, _ []ops.Target) (commands.View, error) {
		cancel()
		<-ctx.Done()
		return commands.View{}, ctx.Err()
	}
	w.Invoke(ctx, Invoke{Key: "1", Who: id("U0ANA"), Text: "status", At: time.Now()})
	same(t, "stopping", w.chat.since(), "only U0ANA: dbbot is being restarted. Type it again in a minute.")
}

var reference = regexp.MustCompile(`under ([0-9a-f]{8})\.`)

// A fault of ours is one sentence and a reference, and the log has the cause under it, without secrets.
func TestFaultsAreAnsweredAndLogged(t *testing.T) {
	tests := []struct {
		name  string
		fault func() (commands.View, error)
		log   string
	}{
		{"an error", func() (commands.View, error) { return commands.View{}, errors.New("dial postgres://ana:hunter2@db") }, "postgres://ana:***@db"},
		{"a panic", func() (commands.View, error) { panic("token xoxb-1234-hunter2 is wrong") }, "token *** is wrong"},
		{"a long panic", func() (commands.View, error) { panic(strings.Repeat("ä", 5000) + " xoxb-1234-hunter2") }, "ä stack="},
	}
	for _, tt := range tests {
		w := newWorld(t)
		w.answer = func(context.Context, commands.Asker, []ops.Target) (commands.View, error) { return tt.fault() }
		got := w.says("U0ANA", "status")
		ref := reference.FindStringSubmatch(got)
		if ref == nil || !strings.HasPrefix(got, "only U0ANA: Something went wrong here") {
			t.Fatalf("%s: %s", tt.name, got)
		}
		log := w.log.String()
		if !strings.Contains(log, "reference="+ref[1]) || !strings.Contains(log, tt.log) || !strings.Contains(log, "outcome=failed") || strings.Contains(log, "hunter2") {
			t.Errorf("%s: the log: %s", tt.name, log)
		}
	}
}

func TestMarkedErrorsAreShownAndTheirCausesLogged(t *testing.T) {
	w := newWorld(t)
	w.answer = func(context.Context, commands.Asker, []ops.Target) (commands.View, error) {
		return commands.View{}, &ops.Error{Message: "No backup is called that.", Hint: "See /db backup list.", Cause: errors.New("stat: no file")}
	}
	same(t, "shown", w.says("U0ANA", "status"), "only U0ANA: No backup is called that. See /db backup list.")
	if log := w.log.String(); !strings.Contains(log, "No backup is called that.: stat: no file") {
		t.Errorf("the log: %s", log)
	}
}

// What Slack refuses is tried once more, small; when nothing can be said, the log says so.
func TestAnAnswerThatSlackRefuses(t *testing.T) {
	w := newWorld(t)
	w.chat.fail = 1
	if got := w.says("U0ANA", "status"); !strings.HasPrefix(got, "only U0ANA: Something went wrong here") {
		t.Errorf("once: %s", got)
	}
	w.chat.fail = 2
	same(t, "twice", w.says("U0ANA", "status"), "")
	if log := w.log.String(); !strings.Contains(log, "the person could not be told") || strings.Contains(log, "xoxb") {
		t.Errorf("the log: %s", log)
	}
	w.chat.panic = true
	same(t, "a broken chat", w.says("U0ANA", "status"), "")
}

func TestABrokenDirectoryIsNoReasonToFall(t *testing.T) {
	w := newWorld(t)
	w.directory.panic = true
	if got := w.says("U0ANA", "whoami"); !strings.Contains(got, "could not be read") {
		t.Errorf("got %s", got)
	}
}
