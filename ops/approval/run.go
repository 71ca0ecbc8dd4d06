package approval

import (
	"errors"
	"slices"
	"time"

	"dbbot/ops"
)

// Claim gives an approved request to a worker, under a fence of its own: whoever had it before can write nothing more.
func (r Request) Claim(worker int64, _ time.Time) (Move, error) {
	if r.State != Approved {
		return Move{}, ErrMoved
	}
	m, err := r.give(Claimed, worker)
	m.After.WaitsFor = 0
	return m, err
}

// Wait gives the claim back until holder, which runs on the same database, has ended.
func (r Request) Wait(fence int64, holder ID, _ time.Time) (Move, error) {
	if err := r.held(fence, Approved); err != nil {
		return Move{}, err
	}
	if holder == 0 || holder == r.ID {
		return Move{}, errors.New("nobody to wait for")
	}
	m := r.next(Waits)
	m.After.Worker, m.After.WaitsFor = 0, holder
	m.Detail = "for " + holder.String()
	return m, nil
}

// Invalidate ends an approved request because what was agreed to is no longer so.
func (r Request) Invalidate(fence int64, why string, now time.Time) (Move, error) {
	if err := r.held(fence, Approved); err != nil {
		return Move{}, err
	}
	m := r.next(Refuted)
	m.end(Invalidated, why, now)
	return m, nil
}

// Start is the only way to run. digest is of the plan as it was made again just now. An *ops.Error says why what was
// agreed to may not run any more: the request is then to be invalidated with its words.
func (r Request) Start(fence int64, digest string, now time.Time) (Move, error) {
	if err := r.held(fence, Approved); err != nil {
		return Move{}, err
	}
	switch {
	case !r.agreed():
		return Move{}, &ops.Error{Message: "Not everybody whom the policy asks for has agreed."}
	case !now.Before(r.Expires):
		return Move{}, &ops.Error{Message: "It was agreed to, but could not begin in time.", Hint: "Ask for it again."}
	case digest != r.Digest || r.Digest != Digest(r.Command, r.Server, r.Plan):
		return Move{}, &ops.Error{Message: "What would run is no longer what people agreed to.", Hint: "Ask for it again, and look at the new plan."}
	}
	m := r.next(Began)
	m.After.State, m.After.Started = Running, now
	return m, nil
}

// TakeOver gives a running request whose worker is gone to another, which never runs it again: it finds out what happened.
func (r Request) TakeOver(worker int64, _ time.Time) (Move, error) {
	if r.State != Running {
		return Move{}, ErrMoved
	}
	return r.give(TakenOver, worker)
}

// give puts it into the hands of a worker, under a fence that nobody had before.
func (r Request) give(event Event, worker int64) (Move, error) {
	if worker == 0 {
		return Move{}, errors.New("no worker to have it")
	}
	m := r.next(event)
	m.After.Worker = worker
	m.After.Fence++
	return m, nil
}

// Finish records what came of a run: Succeeded, Failed, Cancelled or Interrupted. why is for people.
func (r Request) Finish(fence int64, state State, why string, outcome []byte, now time.Time) (Move, error) {
	if !slices.Contains([]State{Succeeded, Failed, Cancelled, Interrupted}, state) {
		return Move{}, errors.New("no run ends " + string(state))
	}
	if err := r.held(fence, Running); err != nil {
		return Move{}, err
	}
	m := r.next(Finished)
	m.end(state, why, now)
	m.After.Outcome, m.Detail = outcome, string(state)
	if state == Cancelled && r.Cancel != nil {
		m.After.By = r.Cancel.By
	}
	return m, nil
}

// held says whether whoever has this fence may still write, in this state.
func (r Request) held(fence int64, state State) error {
	switch {
	case r.Fence != fence:
		return ErrFence
	case r.State != state || r.Worker == 0:
		return ErrMoved
	}
	return nil
}
