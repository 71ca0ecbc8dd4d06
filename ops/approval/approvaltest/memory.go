package approvaltest

import (
	"context"
	"slices"
	"sync"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// Memory keeps requests in this process, as a database would: for tests of whatever stands on an approval.Store.
type Memory struct {
	now func() time.Time

	mu       sync.Mutex
	requests []approval.Request // the one with ID n is at n-1
	acts     map[string]bool    // keys of presses that were seen
	tokens   map[string]binding
	moves    []approval.Move
	refused  []approval.Refusal
	work     []approval.Work
}

// Surface is where a button stands: in a message, or in a person's home tab.
type Surface struct {
	Channel string
	Message string
	Home    ops.PersonID // zero: in the message
}

type binding struct {
	id approval.ID
	at Surface
}

var _ approval.Store = (*Memory)(nil)

// NewMemory keeps nothing yet; its time is now's, in microseconds as a database has it.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{now: now, acts: map[string]bool{}, tokens: map[string]binding{}}
}

// Now is the store's time.
func (m *Memory) Now() time.Time { return m.now().UTC().Truncate(time.Microsecond) }

// Bind makes a token act for a request, from one surface alone.
func (m *Memory) Bind(token string, id approval.ID, at Surface) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens[token] = binding{id, at}
}

// Moves are all that were kept, oldest first.
func (m *Memory) Moves() []approval.Move {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.moves)
}

// Refused are all refusals, oldest first: what a database would have in its audit.
func (m *Memory) Refused() []approval.Refusal {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.refused)
}

// Work gives what is to be done, once: what it has given is not in the next answer.
func (m *Memory) Work() []approval.Work {
	m.mu.Lock()
	defer m.mu.Unlock()
	work := m.work
	m.work = nil
	return work
}

// Create implements approval.Store.
func (m *Memory) Create(_ context.Context, ask func(time.Time) (approval.Move, error)) (approval.Request, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	move, err := ask(m.Now())
	if err != nil {
		return approval.Request{}, false, err
	}
	for _, there := range []func(approval.Request) bool{
		func(r approval.Request) bool { return r.Key == move.After.Key },
		func(r approval.Request) bool { return r.State.Open() && wishOf(r) == wishOf(move.After) },
	} {
		if i := slices.IndexFunc(m.requests, there); i >= 0 {
			return clone(m.requests[i]), false, nil
		}
	}
	move.After.ID = approval.ID(len(m.requests) + 1)
	m.requests = append(m.requests, approval.Request{})
	return m.keep(move), true, nil
}

// Move implements approval.Store.
func (m *Memory) Move(_ context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.move(id, act)
}

// Decide implements approval.Store.
func (m *Memory) Decide(_ context.Context, p approval.Press, act approval.Act) (approval.Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.acts[p.Key] {
		return approval.Request{}, approval.ErrRepeated
	}
	bound, known := m.tokens[p.Token]
	if !known {
		m.acts[p.Key] = true
		m.refused = append(m.refused, approval.Refusal{Tried: p.Button, Code: approval.UnknownToken})
		return approval.Request{}, approval.ErrUnknown
	}
	if !bound.at.has(p) {
		elsewhere := approval.Elsewhere(p)
		m.acts[p.Key] = m.failed(elsewhere)
		return approval.Request{}, elsewhere
	}
	refused := len(m.refused)
	r, err := m.move(bound.id, act)
	if err == nil || len(m.refused) > refused {
		m.acts[p.Key] = true
	}
	return r, err
}

// Report implements approval.Store.
func (m *Memory) Report(_ context.Context, id approval.ID, fence int64, p approval.Progress) (*approval.Cancel, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.find(id)
	if err != nil {
		return nil, err
	}
	if r.State != approval.Running || r.Fence != fence {
		return nil, approval.ErrFence
	}
	r.Progress = p
	r.Progress.At = m.Now()
	return clone(*r).Cancel, nil
}

// Get implements approval.Store.
func (m *Memory) Get(_ context.Context, id approval.ID) (approval.Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.find(id)
	if err != nil {
		return approval.Request{}, err
	}
	return clone(*r), nil
}

// List implements approval.Store.
func (m *Memory) List(_ context.Context, f approval.Filter) (found []approval.Request, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := min(f.Limit, 200)
	if limit <= 0 {
		limit = 50
	}
	for _, r := range slices.Backward(m.requests) {
		if len(found) < limit && chosen(f, r) {
			found = append(found, clone(r))
		}
	}
	return found, nil
}
