package job

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// saidEvery is how often River may log the same sentence: with the state database away each of its parts says so twice a
// second.
const saidEvery = time.Minute

// sparse logs River's warnings and worse, each sentence once in saidEvery. What it counts in between is left out.
type sparse struct {
	slog.Handler
	said *said
}

type said struct {
	mu sync.Mutex
	at map[string]time.Time // River has a few dozen sentences
}

// Enabled says whether a record of that level is logged.
func (h sparse) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Handle logs it, if it is time.
func (h sparse) Handle(ctx context.Context, record slog.Record) error {
	h.said.mu.Lock()
	last, before := h.said.at[record.Message]
	again := !before || record.Time.Sub(last) >= saidEvery
	if again {
		h.said.at[record.Message] = record.Time
	}
	h.said.mu.Unlock()
	if !again {
		return nil
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs keeps what was said.
func (h sparse) WithAttrs(attrs []slog.Attr) slog.Handler {
	return sparse{h.Handler.WithAttrs(attrs), h.said}
}

// WithGroup keeps what was said.
func (h sparse) WithGroup(name string) slog.Handler {
	return sparse{h.Handler.WithGroup(name), h.said}
}
