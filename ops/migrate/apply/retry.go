package apply

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// patience is how long a lock is asked for in all, with pauses in which everybody else goes on.
	patience = 50 * time.Second
	// firstPause and longestPause lie between two tries; half of each is left to chance, so that two runs part.
	firstPause, longestPause = time.Second, 8 * time.Second
)

// patiently tries statement n, or the whole file, again where it did not get a lock in time and was undone.
func (r *run) patiently(ctx context.Context, p Prepared, n int, do func() (undone bool, err error)) error {
	begun, pause := time.Now(), firstPause
	for try := 2; ; try++ {
		undone, err := do()
		if err == nil || !undone || !timedOut(err) || ctx.Err() != nil {
			return err
		}
		nap := pause/2 + rand.N(pause/2)
		if time.Since(begun)+nap+r.lockTimeout > r.patience {
			return err
		}
		r.say(p, n, fmt.Sprintf("a lock was not free within %s, so it was undone to let others through: %s. Try %d follows", r.lockTimeout, r.whom(), try))
		if !wait(ctx, nap) {
			return ctx.Err()
		}
		pause = min(2*pause, longestPause)
	}
}

// whom says who had the lock, as far as somebody looked in time.
func (r *run) whom() string {
	if r.blocker == nil {
		return "who had it is not known"
	}
	return "it waits for " + r.blocker.inTransaction()
}

func timedOut(err error) bool {
	said, ok := errors.AsType[*pgconn.PgError](err)
	return ok && said.Code == lockNotAvailable
}
