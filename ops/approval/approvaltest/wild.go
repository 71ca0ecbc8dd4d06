package approvaltest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// wildSteps are enough for several requests to run, to wait for one another and to end.
const wildSteps = 600

var wild = []check{{"whatever people and workers do, it keeps what Memory keeps", func(b *bench) {
	w := &twins{bench: b, Rand: rand.New(rand.NewPCG(1, 2)), at: map[string]Surface{}, owner: map[string]approval.ID{}}
	w.memory = NewMemory(func() time.Time { return w.now })
	b.Work(b)
	for n := range wildSteps {
		w.step = fmt.Sprintf("step %d", n)
		steps := []func(){w.create, w.decide, w.decide, w.move, w.move, w.move, w.report}
		steps[w.IntN(len(steps))]()
		if b.Failed() {
			return
		}
	}
	w.history()
}}}

// twins are a keeper, and a Memory to which the same is done at the same times.
type twins struct {
	*bench
	*rand.Rand
	memory *Memory
	now    time.Time // the keeper's, of the step that is being made
	step   string
	ids    []approval.ID // of all requests; both keepers number them alike
	tokens []string
	at     map[string]Surface
	owner  map[string]approval.ID
}

func one[T any](w *twins, of ...T) T { return of[w.IntN(len(of))] }

// create asks for one of a few wishes, so that the same is asked for again and again.
func (w *twins) create() {
	wish := w.wish(func(r *approval.Request) {
		n := w.IntN(6)
		r.Key, r.Plan = fmt.Sprintf("wild-%d", w.IntN(wildSteps/4)), fmt.Appendf(nil, `{"n": %d}`, n)
		r.Server.Database = one(w, "orders", "billing")
		r.Requester = one(w, ana, mia).ID
		r.Terms = one(w, approval.Terms{}, r.Terms, r.Terms)
		r.Terms.Count = min(r.Terms.Count, 1) * (1 + w.IntN(2))
	})
	w.step += fmt.Sprintf(": %s asks, %s, %d must agree", wish.Key, wish.Server.Database, wish.Terms.Count)
	got, created, err := w.Store.Create(w.Context(), func(now time.Time) (approval.Move, error) {
		w.now = now
		return approval.New(wish, now)
	})
	want, should, wantErr := w.memory.Create(w.Context(), asking(wish))
	if created != should {
		w.Errorf("%s: created %v, Memory %v", w.step, created, should)
	}
	w.equal(got, err, want, wantErr)
	if created {
		w.ids = append(w.ids, got.ID)
	}
}

// act is something that somebody may want to do to a request: mostly what its state asks for, else anything.
func (w *twins) act(id approval.ID) approval.Act {
	v := one(w, ana, lee, mia, person("U0KIM"))
	v.Unseen = w.IntN(12) == 0
	fence, worker, holder := int64(w.IntN(4)), int64(1+w.IntN(3)), w.id()
	own := w.IntN(8) > 0
	held := func(r approval.Request) int64 {
		if own {
			return r.Fence
		}
		return fence
	}
	type act = approval.Act
	starts := func(r approval.Request, now time.Time) (approval.Move, error) { return r.Start(held(r), r.Digest, now) }
	likely := map[approval.State][]act{
		approval.Pending: {
			agree(v), agree(v), agree(v), deny(v, "no"),
			func(r approval.Request, now time.Time) (approval.Move, error) {
				return r.BreakGlass(v, "the shop is down", now)
			},
			func(r approval.Request, now time.Time) (approval.Move, error) { return r.Expire(now) },
			func(r approval.Request, now time.Time) (approval.Move, error) { return r.Remind(now) },
		},
		approval.Approved: {
			claim(worker), claim(worker), claim(worker), starts, starts, starts, deny(v, "no"),
			func(r approval.Request, now time.Time) (approval.Move, error) { return r.Withdraw(v, now) },
			func(r approval.Request, now time.Time) (approval.Move, error) { return r.Wait(held(r), holder, now) },
			func(r approval.Request, now time.Time) (approval.Move, error) { return r.Wait(held(r), holder, now) },
			func(r approval.Request, now time.Time) (approval.Move, error) {
				return r.Invalidate(held(r), "It has changed.", now)
			},
		},
		approval.Running: {
			func(r approval.Request, now time.Time) (approval.Move, error) { return r.AskCancel(v, "too slow", now) },
			func(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(worker, now) },
			func(r approval.Request, now time.Time) (approval.Move, error) {
				return r.Finish(held(r), approval.Succeeded, "", []byte(`{}`), now)
			},
		},
	}
	state := one(w, approval.Pending, approval.Approved, approval.Running)
	if r, err := w.memory.Get(w.Context(), id); err == nil && r.State.Open() && w.IntN(5) > 0 {
		state = r.State
	}
	n := w.IntN(len(likely[state]))
	w.step += fmt.Sprintf(": act %d of %s: %s (unseen %v), fence %d (own %v), worker %d, holder %s", n, state, v.Name, v.Unseen, fence, own, worker, holder)
	return likely[state][n]
}

// id is that of one of the last few requests, which are mostly open.
func (w *twins) id() approval.ID { return one(w, append(w.ids[max(0, len(w.ids)-8):], 1)...) }

func (w *twins) move() {
	id := w.id()
	w.step += ": move of " + id.String()
	act := w.act(id)
	got, err := w.Store.Move(w.Context(), id, w.timed(act))
	want, wantErr := w.memory.Move(w.Context(), id, act)
	w.equal(got, err, want, wantErr)
}

// decide presses a button, mostly where it stands.
func (w *twins) decide() {
	if len(w.ids) > 0 && (len(w.tokens) == 0 || w.IntN(3) == 0) {
		id, at := w.id(), one(w, card, Surface{Home: lee.ID})
		token := w.Token(w, id, at)
		w.memory.Bind(token, id, at)
		w.tokens, w.at[token], w.owner[token] = append(w.tokens, token), at, id
	}
	token := one(w, append(w.tokens[max(0, len(w.tokens)-8):], "nobody's")...)
	p := press(fmt.Sprintf("wild-click-%d", w.IntN(wildSteps)), token)
	if w.at[token].Home == lee.ID || w.IntN(6) == 0 {
		p.Channel, p.Message = "", ""
	}
	p.Who = one(w, lee, lee, lee, mia).ID
	w.step += fmt.Sprintf(": press %s of %s in %q by %s", p.Key, token, p.Channel, p.Who.User)
	act := w.act(w.owner[token])
	got, err := w.Store.Decide(w.Context(), p, w.timed(act))
	want, wantErr := w.memory.Decide(w.Context(), p, act)
	w.equal(got, err, want, wantErr)
}

// report says how far something is; its time is not the act's, so that it is read back.
func (w *twins) report() {
	id, fence := w.id(), int64(w.IntN(4))
	w.step += fmt.Sprintf(": report of %s, fence %d", id, fence)
	done := w.Int64N(100)
	got, err := w.Store.Report(w.Context(), id, fence, approval.Progress{Phase: "on the way", Done: done})
	if err == nil {
		w.now = w.read(id).Progress.At
	}
	want, wantErr := w.memory.Report(w.Context(), id, fence, approval.Progress{Phase: "on the way", Done: done})
	if errors.Is(err, approval.ErrUnknown) { // where nothing is, a keeper may say either
		err = approval.ErrFence
	}
	if errors.Is(wantErr, approval.ErrUnknown) {
		wantErr = approval.ErrFence
	}
	if (got == nil) != (want == nil) || kind(err) != kind(wantErr) {
		w.Errorf("%s: %+v, %v; Memory %+v, %v", w.step, got, err, want, wantErr)
	}
}

// timed notes the keeper's time for Memory.
func (w *twins) timed(act approval.Act) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) {
		w.now = now
		return act(r, now)
	}
}

// equal compares what the two said, and what both have put into the queue to run.
func (w *twins) equal(got approval.Request, err error, want approval.Request, wantErr error) {
	if kind(err) != kind(wantErr) {
		w.Errorf("%s: %v; Memory: %v", w.step, err, wantErr)
		return
	}
	if _, refused := errors.AsType[*approval.Refusal](err); err == nil || refused {
		w.same(w.step, got, want)
	}
	if got, want := runs(w.Work(w)), runs(w.memory.Work()); !slices.Equal(got, want) {
		w.Errorf("%s: in the queue to run: %v; Memory: %v", w.step, got, want)
	}
}

// history compares all that is kept at the end.
func (w *twins) history() {
	ctx := context.Background()
	for _, f := range []approval.Filter{{Limit: 200}, {States: []approval.State{approval.Running, approval.Approved}}, {Requester: mia.ID}} {
		want, _ := w.memory.List(ctx, f)
		w.lists("at the end", f, want)
	}
	for _, id := range w.ids {
		var want []approval.Event
		for _, m := range w.memory.Moves() {
			if m.After.ID == id {
				want = append(want, m.Event)
			}
		}
		w.facts(id, want...)
	}
	var want []string
	for _, r := range w.memory.Refused() {
		want = append(want, r.Code)
	}
	if got := w.Refused(w); !slices.Equal(got, want) {
		w.Errorf("the audit has the refusals %q; Memory %q", got, want)
	}
}

func runs(work []approval.Work) (ids []int64) {
	for _, x := range work {
		if x.Kind == approval.ToRun {
			ids = append(ids, x.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// kind is what an error means to whoever gets it.
func kind(err error) string {
	if refusal, is := errors.AsType[*approval.Refusal](err); is {
		return "refusal: " + refusal.Tried + ", " + refusal.Code
	}
	if shown, is := errors.AsType[*ops.Error](err); is {
		return "shown: " + shown.Message
	}
	if busy, is := errors.AsType[*approval.Busy](err); is {
		return busy.Error()
	}
	for _, known := range []error{approval.ErrUnknown, approval.ErrRepeated, approval.ErrFence, approval.ErrMoved, approval.ErrEarly, approval.ErrConflict} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if err != nil {
		return "unknown: " + err.Error()
	}
	return ""
}
