package slack

import (
	"context"
	"sync"
)

// pool runs jobs on a fixed number of workers. A place is reserved before the ack and filled after it, so that no
// work begins before its ack and none is accepted that has no place: the queue has an end.
type pool struct {
	jobs     chan func()
	quit     chan struct{}
	gone     chan struct{}   // closed once all workers have ended
	changed  func(taken int) // for the metric
	panicked func(what any)  // for the log: a job that panics costs neither its worker nor its place

	mu     sync.Mutex
	taken  int
	closed bool
	idle   chan struct{} // closed once the pool takes no more and all is done
}

func newPool(workers, queue int, changed func(taken int), panicked func(what any)) *pool {
	p := &pool{
		jobs: make(chan func(), workers+queue), changed: changed, panicked: panicked,
		quit: make(chan struct{}), gone: make(chan struct{}), idle: make(chan struct{}),
	}
	var all sync.WaitGroup
	for range workers {
		all.Go(p.work)
	}
	go func() { all.Wait(); close(p.gone) }()
	return p
}

// reserve takes a place; false when all are taken or the pool is closed. Who has a place must submit.
func (p *pool) reserve() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.taken == cap(p.jobs) {
		return false
	}
	p.taken++
	p.changed(p.taken)
	return true
}

// submit never blocks: there are as many places as the channel holds.
func (p *pool) submit(job func()) { p.jobs <- job }

func (p *pool) work() {
	for {
		select {
		case <-p.quit:
			return
		case job := <-p.jobs:
			p.run(job)
		}
	}
}

func (p *pool) run(job func()) {
	defer p.release()
	defer func() {
		if what := recover(); what != nil {
			p.panicked(what)
		}
	}()
	job()
}

func (p *pool) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.changed(p.taken)
	if p.closed && p.taken == 0 {
		close(p.idle)
	}
}

// close takes no more work; what has a place is still done.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && p.taken == 0 {
		close(p.idle)
	}
	p.closed = true
}

// drain waits for the work at hand and tells the workers to end. When ctx ends first it says how much was left.
func (p *pool) drain(ctx context.Context) (left int) {
	select {
	case <-p.idle:
	case <-ctx.Done():
	}
	p.mu.Lock()
	left = p.taken
	p.mu.Unlock()
	close(p.quit)
	return left
}

// await waits until the workers have ended, or ctx has: a job that heeds no context must not hold up the exit.
func (p *pool) await(ctx context.Context) {
	select {
	case <-p.gone:
	case <-ctx.Done():
	}
}
