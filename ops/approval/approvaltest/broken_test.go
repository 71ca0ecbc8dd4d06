package approvaltest

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// Each of these keepers breaks one sentence of the contract: a suite that lets one of them pass tests less than it says.
func TestTheSuiteFindsBrokenKeepers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		broke func(m *Memory, f *Fixture)
	}{
		{"makes a request of every delivery of an act", creates(func(r *approval.Request, n int) { r.Key += string(rune('a' + n)) })},
		{"makes a request of a wish that is open", creates(func(r *approval.Request, n int) { r.Command += string(rune('a' + n)) })},
		{"loses the reason", creates(func(r *approval.Request, _ int) { r.Reason = "" })},
		{"loses the thread", creates(func(r *approval.Request, _ int) { r.Origin.Thread = "" })},
		{"writes plans its own way", creates(func(r *approval.Request, _ int) { r.Plan = compact(r.Plan) })},
		{"keeps seconds", moves(func(m *approval.Move) { m.After.Decided = m.After.Decided.Truncate(time.Second) })},
		{"loses votes' reasons", moves(func(m *approval.Move) {
			for i := range m.After.Votes {
				m.After.Votes[i].Why = ""
			}
		})},
		{"adds a vote for every change of mind", moves(func(m *approval.Move) {
			if n := len(m.Before.Votes); n > 0 && m.Event == approval.RejectedBy {
				m.After.Votes = append(slices.Clone(m.Before.Votes), approval.Vote{By: m.Actor})
			}
		})},
		{"counts versions twice", moves(func(m *approval.Move) { m.After.Version++ })},
		{"loses the outcome", moves(func(m *approval.Move) { m.After.Outcome = nil })},
		{"loses who wanted it to stop", moves(func(m *approval.Move) { m.After.Cancel = nil })},
		{"audits a move twice", func(_ *Memory, f *Fixture) {
			events := f.Events
			f.Events = func(t testing.TB, id approval.ID) []approval.Event { return append(events(t, id), approval.Voted) }
		}},
		{"audits no refusal", func(_ *Memory, f *Fixture) { f.Refused = func(testing.TB) []string { return nil } }},
		{"keeps a move that failed", acts(keepsFailures)},
		{"says of every error that it does not know the request", acts(hidesErrors)},
		{"gives its own process' time", acts(func(m *Memory, id approval.ID, act approval.Act) (approval.Request, error) {
			return m.Move(context.Background(), id, func(r approval.Request, now time.Time) (approval.Move, error) { return act(r, now.Add(time.Hour)) })
		})},
		{"makes moves at the same time", acts(racy)},
		{"starts two on one database", acts(startsAll)},
		{"never says whose turn it is", acts(dropsTurns)},
		{"gives the turn to all that wait", acts(wakesAll)},
		{"knows no repeats", decides(func(p *approval.Press, n int) { p.Key += string(rune('a' + n)) })},
		{"takes a button from any channel", decides(func(p *approval.Press, _ int) { p.Channel = card.Channel })},
		{"takes a button from any message", decides(func(p *approval.Press, _ int) { p.Message = card.Message })},
		{"takes a button from any home tab", decides(func(p *approval.Press, _ int) { p.Who = lee.ID })},
		{"takes a failed click for a repeat", func(m *Memory, f *Fixture) { f.Store = &forgetful{Memory: m} }},
		{"lets anybody report", reports(func(m *Memory, id approval.ID, fence *int64) { *fence = m.requests[id-1].Fence })},
		{"counts a report as a move", reports(func(m *Memory, id approval.ID, _ *int64) { m.requests[id-1].Version++ })},
		{"keeps no progress", func(m *Memory, f *Fixture) { f.Store = &silent{Memory: m} }},
		{"lists the oldest first", lists(nil, slices.Reverse)},
		{"lists every state", lists(func(f *approval.Filter) { f.States = nil }, nil)},
		{"lists everybody's", lists(func(f *approval.Filter) { f.Requester = ops.PersonID{} }, nil)},
		{"takes no database for all", lists(func(f *approval.Filter) {
			if len(f.Databases) == 0 {
				f.Databases = nil
			}
		}, nil)},
		{"lists what was long ago", lists(func(f *approval.Filter) { f.Since = time.Time{} }, nil)},
		{"lists fifty at most", lists(func(f *approval.Filter) { f.Limit = 0 }, nil)},
		{"lists as many as there are", listsAll},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, c := range contract() {
				m := NewMemory(rising())
				f := fixture(m, m)
				tt.broke(m, &f)
				f.Peer = f.Store
				if fails(t, c, f) {
					return
				}
			}
			t.Error("the suite found nothing")
		})
	}
}

// recorder notes that a check failed, in the place of failing.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	failed bool
}

func (r *recorder) fail()                 { r.mu.Lock(); defer r.mu.Unlock(); r.failed = true }
func (r *recorder) Errorf(string, ...any) { r.fail() }
func (r *recorder) Error(...any)          { r.fail() }
func (r *recorder) Fatalf(string, ...any) { r.fail(); runtime.Goexit() }
func (r *recorder) Fatal(...any)          { r.fail(); runtime.Goexit() }

func fails(t *testing.T, c check, f Fixture) bool {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.test(newBench(r, f))
	}()
	<-done
	return r.failed
}

// broken is a Memory with one method replaced.
type broken struct {
	*Memory
	create func(ask func(time.Time) (approval.Move, error)) (approval.Request, bool, error)
	move   func(id approval.ID, act approval.Act) (approval.Request, error)
	decide func(p approval.Press, act approval.Act) (approval.Request, error)
	report func(id approval.ID, fence int64, p approval.Progress) (*approval.Cancel, error)
	list   func(f approval.Filter) ([]approval.Request, error)
}

func (b *broken) Create(ctx context.Context, ask func(time.Time) (approval.Move, error)) (approval.Request, bool, error) {
	if b.create != nil {
		return b.create(ask)
	}
	return b.Memory.Create(ctx, ask)
}

func (b *broken) Move(ctx context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	if b.move != nil {
		return b.move(id, act)
	}
	return b.Memory.Move(ctx, id, act)
}

func (b *broken) Decide(ctx context.Context, p approval.Press, act approval.Act) (approval.Request, error) {
	if b.decide != nil {
		return b.decide(p, act)
	}
	return b.Memory.Decide(ctx, p, act)
}

func (b *broken) Report(ctx context.Context, id approval.ID, fence int64, p approval.Progress) (*approval.Cancel, error) {
	if b.report != nil {
		return b.report(id, fence, p)
	}
	return b.Memory.Report(ctx, id, fence, p)
}

func (b *broken) List(ctx context.Context, f approval.Filter) ([]approval.Request, error) {
	if b.list != nil {
		return b.list(f)
	}
	return b.Memory.List(ctx, f)
}

func creates(edit func(r *approval.Request, n int)) func(*Memory, *Fixture) {
	return func(m *Memory, f *Fixture) {
		n := 0
		f.Store = &broken{Memory: m, create: func(ask func(time.Time) (approval.Move, error)) (approval.Request, bool, error) {
			return m.Create(context.Background(), func(now time.Time) (approval.Move, error) {
				move, err := ask(now)
				n++
				edit(&move.After, n)
				return move, err
			})
		}}
	}
}

func acts(do func(m *Memory, id approval.ID, act approval.Act) (approval.Request, error)) func(*Memory, *Fixture) {
	return func(m *Memory, f *Fixture) {
		f.Store = &broken{Memory: m, move: func(id approval.ID, act approval.Act) (approval.Request, error) { return do(m, id, act) }}
	}
}

func moves(edit func(*approval.Move)) func(*Memory, *Fixture) {
	return acts(func(m *Memory, id approval.ID, act approval.Act) (approval.Request, error) {
		return m.Move(context.Background(), id, func(r approval.Request, now time.Time) (approval.Move, error) {
			move, err := act(r, now)
			move.After = clone(move.After)
			edit(&move)
			return move, err
		})
	})
}

func decides(edit func(p *approval.Press, n int)) func(*Memory, *Fixture) {
	return func(m *Memory, f *Fixture) {
		var mu sync.Mutex
		n := 0
		f.Store = &broken{Memory: m, decide: func(p approval.Press, act approval.Act) (approval.Request, error) {
			mu.Lock()
			n++
			edit(&p, n)
			mu.Unlock()
			return m.Decide(context.Background(), p, act)
		}}
	}
}

func reports(edit func(m *Memory, id approval.ID, fence *int64)) func(*Memory, *Fixture) {
	return func(m *Memory, f *Fixture) {
		f.Store = &broken{Memory: m, report: func(id approval.ID, fence int64, p approval.Progress) (*approval.Cancel, error) {
			edit(m, id, &fence)
			return m.Report(context.Background(), id, fence, p)
		}}
	}
}

func lists(edit func(*approval.Filter), spoil func([]approval.Request)) func(*Memory, *Fixture) {
	return func(m *Memory, f *Fixture) {
		f.Store = &broken{Memory: m, list: func(f approval.Filter) ([]approval.Request, error) {
			if edit != nil {
				edit(&f)
			}
			all, err := m.List(context.Background(), f)
			if spoil != nil {
				spoil(all)
			}
			return all, err
		}}
	}
}

func listsAll(m *Memory, f *Fixture) {
	f.Store = &broken{Memory: m, list: func(f approval.Filter) (all []approval.Request, err error) {
		if f.Limit <= 200 {
			return m.List(context.Background(), f)
		}
		for _, r := range slices.Backward(m.requests) {
			all = append(all, clone(r))
		}
		return all, nil
	}}
}

func compact(plan []byte) []byte {
	var data any
	_ = json.Unmarshal(plan, &data)
	plan, _ = json.Marshal(data)
	return plan
}

func keepsFailures(m *Memory, id approval.ID, act approval.Act) (approval.Request, error) {
	var failed error
	r, err := m.Move(context.Background(), id, func(r approval.Request, now time.Time) (approval.Move, error) {
		move, err := act(r, now)
		if failed = err; move.After.ID != 0 {
			return move, nil
		}
		return move, err
	})
	return r, errors.Join(failed, err)
}

func hidesErrors(m *Memory, id approval.ID, act approval.Act) (approval.Request, error) {
	r, err := m.Move(context.Background(), id, act)
	if _, refused := errors.AsType[*approval.Refusal](err); err != nil && !refused {
		err = approval.ErrUnknown
	}
	return r, err
}

// racy reads, lets others have a turn, and writes whatever has become of the request meanwhile.
func racy(m *Memory, id approval.ID, act approval.Act) (approval.Request, error) {
	r, err := m.Get(context.Background(), id)
	if err != nil {
		return r, err
	}
	move, err := act(r, m.Now())
	for range 100 {
		runtime.Gosched()
	}
	return m.Move(context.Background(), id, func(approval.Request, time.Time) (approval.Move, error) { return move, err })
}

func startsAll(m *Memory, id approval.ID, act approval.Act) (approval.Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.find(id)
	if err != nil {
		return approval.Request{}, err
	}
	move, err := act(clone(*r), m.Now())
	if err != nil {
		m.failed(err)
		return approval.Request{}, err
	}
	return m.keep(move), nil
}

func dropsTurns(m *Memory, id approval.ID, act approval.Act) (approval.Request, error) {
	r, err := m.Move(context.Background(), id, act)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.work = slices.DeleteFunc(m.work, func(w approval.Work) bool {
		return w.Kind == approval.ToRun && m.requests[w.ID-1].Fence > 0
	})
	return r, err
}

func wakesAll(m *Memory, id approval.ID, act approval.Act) (approval.Request, error) {
	r, err := m.Move(context.Background(), id, act)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, other := range m.requests {
		if !r.State.Open() && other.WaitsFor != 0 {
			m.work = append(m.work, approval.Work{Kind: approval.ToRun, ID: int64(other.ID)})
		}
	}
	return r, err
}

// forgetful takes the key of a click that failed for one that was decided.
type forgetful struct {
	*Memory
	lock   sync.Mutex
	failed []string
}

func (f *forgetful) Decide(ctx context.Context, p approval.Press, act approval.Act) (approval.Request, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if slices.Contains(f.failed, p.Key) {
		return approval.Request{}, approval.ErrRepeated
	}
	r, err := f.Memory.Decide(ctx, p, act)
	if err != nil {
		f.failed = append(f.failed, p.Key)
	}
	return r, err
}

// silent keeps no progress.
type silent struct{ *Memory }

func (s *silent) Report(ctx context.Context, id approval.ID, fence int64, _ approval.Progress) (*approval.Cancel, error) {
	return s.Memory.Report(ctx, id, fence, approval.Progress{})
}
