package dump

import (
	"context"
	"sync"
)

// group runs what belongs together: the first failure is the one that counts, and ends the rest.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	all    sync.WaitGroup
	once   sync.Once
	err    error
}

func together(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

func (g *group) goes(do func(context.Context) error) {
	g.all.Go(func() {
		if err := do(g.ctx); err != nil {
			g.once.Do(func() { g.err = err; g.cancel(err) })
		}
	})
}

func (g *group) wait() error {
	g.all.Wait()
	g.cancel(nil)
	return g.err
}
