package job

import (
	"context"
	"sync"

	"dbbot/ops/approval"
)

// hands are what this process is doing: never the same thing twice at once.
type hands struct {
	mu      sync.Mutex
	at      map[thing]context.CancelCauseFunc // of a run: how it is stopped
	emptied chan struct{}                     // closed, and made anew, whenever something is put down
}

// thing is something that is done: work of a kind, on a request, a message or what somebody typed.
type thing struct {
	kind approval.WorkKind
	id   int64
	key  string
}

func newHands() *hands {
	return &hands{at: map[thing]context.CancelCauseFunc{}, emptied: make(chan struct{})}
}

// take says whether it is not in hand yet, and then it is.
func (h *hands) take(what thing) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, busy := h.at[what]; busy {
		return false
	}
	h.at[what] = nil
	return true
}

func (h *hands) has(what thing) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, busy := h.at[what]
	return busy
}

func (h *hands) put(what thing) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.at, what)
	close(h.emptied)
	h.emptied = make(chan struct{})
}

// running says how something in hand is stopped.
func (h *hands) running(what thing, stop context.CancelCauseFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at[what] = stop
}

// stopper gives what running was told; nil where it does not run here.
func (h *hands) stopper(what thing) context.CancelCauseFunc {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at[what]
}

// empty waits until nothing is in hand, and says whether that came before ctx's end.
func (h *hands) empty(ctx context.Context) bool {
	for {
		h.mu.Lock()
		left, emptied := len(h.at), h.emptied
		h.mu.Unlock()
		if left == 0 {
			return true
		}
		select {
		case <-emptied:
		case <-ctx.Done():
			return false
		}
	}
}
