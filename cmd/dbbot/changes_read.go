package main

import (
	"context"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/store"
)

// The questions about requests and the audit read the same state that changes stand on, and say why where it is not there.

// kept is the open state. At a terminal nobody has opened it: the first who asks does.
func (c *changes) kept(ctx context.Context) (*store.Store, error) {
	if o := c.open.Load(); o != nil {
		return o.store, nil
	}
	if !c.terminal {
		return nil, c.fault.Load()
	}
	opening, err := openState(ctx, c.config)
	if err != nil {
		return nil, err
	}
	if !c.open.CompareAndSwap(nil, &opened{store: opening}) { // somebody else was faster
		opening.Close()
	}
	return c.open.Load().store, nil
}

// Ping says whether dbbot's own database answers.
func (c *changes) Ping(ctx context.Context) error {
	s, err := c.kept(ctx)
	if err != nil {
		return err
	}
	if err := s.Pool().Ping(ctx); err != nil {
		return &ops.Error{Message: "dbbot's own database does not answer: " + lastOf(err) + ".", Hint: "“dbbot check” says more.", Cause: err}
	}
	return nil
}

// Get gives one request.
func (c *changes) Get(ctx context.Context, id approval.ID) (approval.Request, error) {
	s, err := c.kept(ctx)
	if err != nil {
		return approval.Request{}, err
	}
	return s.Get(ctx, id)
}

// List gives the newest requests first.
func (c *changes) List(ctx context.Context, f approval.Filter) ([]approval.Request, error) {
	s, err := c.kept(ctx)
	if err != nil {
		return nil, err
	}
	return s.List(ctx, f)
}

// Links are the addresses of the cards of requests.
func (c *changes) Links(ctx context.Context, ids []approval.ID) (map[approval.ID]string, error) {
	s, err := c.kept(ctx)
	if err != nil {
		return nil, err
	}
	return s.Links(ctx, ids)
}

// Audit gives the newest entries first.
func (c *changes) Audit(ctx context.Context, f audit.Filter) ([]audit.Entry, error) {
	s, err := c.kept(ctx)
	if err != nil {
		return nil, err
	}
	return s.Audit(ctx, f)
}
