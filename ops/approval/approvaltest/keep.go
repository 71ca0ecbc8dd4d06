package approvaltest

import (
	"errors"
	"slices"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// move is Move under the lock.
func (m *Memory) move(id approval.ID, act approval.Act) (approval.Request, error) {
	r, err := m.find(id)
	if err != nil {
		return approval.Request{}, err
	}
	move, err := act(clone(*r), m.Now())
	if err != nil {
		if m.failed(err) {
			return clone(*r), err
		}
		return approval.Request{}, err
	}
	if move.After.State == approval.Running && move.Before.State != approval.Running && !approval.Signals(move.After.Command) {
		if holder := m.running(r.Server); holder != 0 {
			return approval.Request{}, &approval.Busy{Holder: holder}
		}
	}
	return m.keep(move), nil
}

// failed notes a refusal; every other error leaves no trace.
func (m *Memory) failed(err error) (refused bool) {
	refusal, refused := errors.AsType[*approval.Refusal](err)
	if refused {
		m.refused = append(m.refused, *refusal)
	}
	return refused
}

// keep writes a move and all that belongs to it.
func (m *Memory) keep(move approval.Move) approval.Request {
	r := clone(move.After)
	m.requests[r.ID-1] = r
	m.moves = append(m.moves, move)
	m.work = append(append(m.work, move.Work()...), m.turns(move)...)
	return clone(r)
}

// turns says whose turn it is on a database after a move: of the oldest that waits, when the one before has ended; of
// whoever begins to wait for one that has ended already.
func (m *Memory) turns(move approval.Move) []approval.Work {
	r := move.After
	if move.Event == approval.Waits {
		if holder, err := m.find(r.WaitsFor); err != nil || holder.State != approval.Running {
			return []approval.Work{{Kind: approval.ToRun, ID: int64(r.ID)}}
		}
		return nil
	}
	held := move.Before.State == approval.Approved || move.Before.State == approval.Running
	if !held || r.State.Open() || m.running(r.Server) != 0 {
		return nil
	}
	for _, next := range m.requests {
		if next.Server == r.Server && next.State == approval.Approved && next.WaitsFor != 0 {
			return []approval.Work{{Kind: approval.ToRun, ID: int64(next.ID)}}
		}
	}
	return nil
}

func (m *Memory) running(on approval.Server) approval.ID {
	for _, r := range m.requests {
		if r.State == approval.Running && r.Server == on && !approval.Signals(r.Command) {
			return r.ID
		}
	}
	return 0
}

// wishOf is what makes two requests the same wish.
func wishOf(r approval.Request) [4]string {
	return [...]string{r.Command, r.Server.System, r.Server.Database, r.Digest}
}

func (m *Memory) find(id approval.ID) (*approval.Request, error) {
	if id < 1 || int(id) > len(m.requests) {
		return nil, approval.ErrUnknown
	}
	return &m.requests[id-1], nil
}

// has says whether a press came from here.
func (s Surface) has(p approval.Press) bool {
	if s.Home != (ops.PersonID{}) {
		return p.Who == s.Home && p.Channel == "" && p.Message == ""
	}
	return p.Channel == s.Channel && p.Message == s.Message
}

func chosen(f approval.Filter, r approval.Request) bool {
	switch {
	case len(f.States) > 0 && !slices.Contains(f.States, r.State):
		return false
	case f.Requester != (ops.PersonID{}) && f.Requester != r.Requester:
		return false
	case f.Databases != nil && !slices.Contains(f.Databases, r.Target.Database):
		return false
	}
	return f.Since.IsZero() || r.Asked.After(f.Since) || r.Ended.After(f.Since)
}

// clone shares no memory with r, as nothing that comes out of a database does.
func clone(r approval.Request) approval.Request {
	r.Plan, r.Shown, r.Outcome = slices.Clone(r.Plan), slices.Clone(r.Shown), slices.Clone(r.Outcome)
	r.Votes, r.Terms.By = slices.Clone(r.Votes), slices.Clone(r.Terms.By)
	if r.Cancel != nil {
		wish := *r.Cancel
		r.Cancel = &wish
	}
	return r
}
