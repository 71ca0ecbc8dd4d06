package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/job"
)

// told is a result in a line.
func told(r job.Result) string {
	var view commands.View
	shown := ""
	if json.Unmarshal(r.Outcome, &view) == nil {
		shown = " / " + view.Text()
	}
	return strings.TrimSpace(string(r.State) + ": " + r.Why + shown)
}

func noProgress(string, int64, int64) {}

// However a run ends, its result is the truth about it.
func TestRunSaysHowItEnded(t *testing.T) {
	half := commands.View{Lead: commands.Say("half of it")}
	failing := func(err error) func(*works) {
		return func(w *works) {
			w.run = func(context.Context, json.RawMessage, commands.Progress) (commands.View, error) { return half, err }
		}
	}
	looking := func(happened commands.Happened, err error, run func(*works)) func(*works) {
		return func(w *works) {
			run(w)
			w.look = func(context.Context, json.RawMessage) (commands.Happened, commands.View, error) {
				return happened, commands.View{Lead: commands.Say("looked")}, err
			}
		}
	}
	unclear := failing(&ops.Error{Message: "The connection was lost.", Cause: commands.ErrUnclear})
	falls := func(w *works) {
		w.run = func(context.Context, json.RawMessage, commands.Progress) (commands.View, error) {
			panic("xoxb-1-secret")
		}
	}
	const fault = "Something went wrong here; whoever runs dbbot finds the cause in its log."
	tests := []struct {
		name   string
		change func(*works)
		want   string
	}{
		{"well", func(*works) {}, `succeeded:  / done "to version 7"`},
		{"badly", failing(&ops.Error{Message: "The table is locked.", Hint: "later"}), "failed: The table is locked. later / half of it"},
		{"badly, by our fault", failing(errors.New("postgres://ana:hunter2@db")), "failed: " + fault + " / half of it"},
		{"unclear, and it happened", looking(commands.HappenedWhole, nil, unclear), "succeeded:  / looked"},
		{"unclear, and it did not happen", looking(commands.HappenedNothing, nil, unclear), "failed: The connection was lost. / looked"},
		{"unclear, and nobody can tell", looking(commands.HappenedUnclear, nil, unclear), "interrupted: The connection was lost. Whether it happened is not known: a person must look. / looked"},
		{"falls over, and it happened", looking(commands.HappenedWhole, nil, falls), "succeeded:  / looked"},
		{"falls over, and nobody can tell", looking(commands.HappenedUnclear, nil, falls), "interrupted: " + fault + " Whether it happened is not known: a person must look. / looked"},
	}
	for _, tt := range tests {
		w, q := agreed(t)
		tt.change(w)
		same(t, tt.name, told(w.Run(t.Context(), q, noProgress)), tt.want)
		if log := w.log.String(); strings.Contains(log, "secret") || strings.Contains(log, "hunter2") {
			t.Errorf("%s: the log: %s", tt.name, log)
		}
	}
}

// Cancelled is what surely stopped because somebody wished it; what was through already, or failed by itself, is not.
func TestCancelIsSaidTruly(t *testing.T) {
	tests := []struct {
		name  string
		err   func(context.Context) error
		cause error
		want  string
	}{
		{"it stopped", func(ctx context.Context) error { return ctx.Err() }, &job.Cancelled{By: id("U0LEE"), Why: "Lee cancelled it."}, "cancelled: Lee cancelled it."},
		{"it stopped, and says the cause", context.Cause, &job.Cancelled{Why: "dbbot is being stopped."}, "cancelled: dbbot is being stopped."},
		{
			"it stopped, and says it in words", func(ctx context.Context) error { return &ops.Error{Message: "Nothing was applied.", Cause: ctx.Err()} },
			&job.Cancelled{Why: "Lee cancelled it."}, "cancelled: Lee cancelled it.",
		},
		{"too late", func(context.Context) error { return nil }, &job.Cancelled{Why: "Lee cancelled it."}, "succeeded:"},
		{"it failed meanwhile", func(context.Context) error { return &ops.Error{Message: "The disk is full."} }, &job.Cancelled{Why: "Lee cancelled it."}, "failed: The disk is full."},
		{
			"nobody knows", func(context.Context) error { return fmt.Errorf("%w: %w", context.Canceled, commands.ErrUnclear) }, &job.Cancelled{Why: "Lee cancelled it."},
			"interrupted: Something went wrong here; whoever runs dbbot finds the cause in its log. Whether it happened is not known: a person must look.",
		},
		{"nobody wished it", func(ctx context.Context) error { return ctx.Err() }, errors.New("lost"), "failed: Something went wrong here; whoever runs dbbot finds the cause in its log."},
	}
	for _, tt := range tests {
		w, q := agreed(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		w.run = func(ctx context.Context, _ json.RawMessage, _ commands.Progress) (commands.View, error) {
			cancel(tt.cause)
			<-ctx.Done()
			return commands.View{}, tt.err(ctx)
		}
		same(t, tt.name, told(w.Run(ctx, q, noProgress)), tt.want)
	}
}

func TestRunGetsThePlanThatWasAgreedTo(t *testing.T) {
	w, q := agreed(t)
	w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) {
		t.Error("planned again")
		return commands.Planned[json.RawMessage]{}, nil
	}
	var phases []string
	w.run = func(_ context.Context, plan json.RawMessage, progress commands.Progress) (commands.View, error) {
		progress("one", 1, 2)
		progress("two", 2, 2)
		return commands.View{Lead: commands.Say(string(plan))}, nil
	}
	q.Plan = []byte(`"the very bytes"`)
	result := w.Run(t.Context(), q, func(phase string, done, total int64) { phases = append(phases, fmt.Sprint(phase, done, total)) })
	same(t, "the plan", told(result), `succeeded:  / "the very bytes"`)
	same(t, "progress", strings.Join(phases, " "), "one1 2 two2 2")
	q.Words = "dance"
	same(t, "a command that is gone", told(w.Run(t.Context(), q, noProgress)), "failed: This version of dbbot understands “dance” differently.")
}

// A lost run is looked at until the database answers, and never run again.
func TestLookAtALostRun(t *testing.T) {
	tests := []struct {
		name     string
		failures int // before it answers
		happened commands.Happened
		want     string
	}{
		{"it happened", 0, commands.HappenedWhole, "succeeded:  / looked"},
		{"it did not", 0, commands.HappenedNothing, "failed: It was cut off before it did anything. / looked"},
		{"nobody can tell", 0, commands.HappenedUnclear, "interrupted: Whether it happened is not known: a person must look. / looked"},
		{"the database comes back", 5, commands.HappenedWhole, "succeeded:  / looked"},
		{"the database stays away", 1000, commands.HappenedWhole, "interrupted: orders does not answer. Whether it happened is not known: a person must look."},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			w, q := agreed(t)
			w.run = func(context.Context, json.RawMessage, commands.Progress) (commands.View, error) {
				t.Error("it was run again")
				return commands.View{}, nil
			}
			w.look = func(context.Context, json.RawMessage) (commands.Happened, commands.View, error) {
				if tt.failures--; tt.failures >= 0 {
					return "", commands.View{}, &ops.Error{Message: "orders does not answer."}
				}
				return tt.happened, commands.View{Lead: commands.Say("looked")}, nil
			}
			begun := time.Now()
			same(t, tt.name, told(w.Look(t.Context(), q)), tt.want)
			if took := time.Since(begun); took > lookFor+lookPause { // a bubble's clock: exact
				t.Errorf("%s: took %s", tt.name, took)
			}
		})
	}
	w, q := agreed(t)
	w.look = func(context.Context, json.RawMessage) (commands.Happened, commands.View, error) { panic("looking") }
	if got := told(w.Look(t.Context(), q)); !strings.HasPrefix(got, "interrupted: Something went wrong here") {
		t.Errorf("a panic: %s", got)
	}
	q.Words = "dance"
	if got := w.Look(t.Context(), q); got.State != approval.Interrupted || !strings.Contains(got.Why, "differently") {
		t.Errorf("a command that is gone: %s", told(got))
	}
}
