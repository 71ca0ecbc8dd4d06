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

// patiently tries again what did not get a lock in time. Each time it had been undone.
func (r *run) patiently(ctx context.Context, p Prepared, do func() error) error {
	begun, pause := time.Now(), firstPause
	for try := 1; ; try++ {
		err := do()
		if !timedOut(err) || ctx.Err() != nil {
			return err
		}
		nap := pause/2 + rand.N(pause/2)
		if time.Since(begun)+nap+lockTimeout > patience {
			return err
		}
		r.say(p, 0, fmt.Sprintf("a lock was not free within %s; undone, and tried again in a moment (try %d)", lockTimeout, try+1))
		r.report.Failure = nil
		if !wait(ctx, nap) {
			return r.stopped(ctx, "Nothing of it remains.")
		}
		pause = min(2*pause, longestPause)
	}
}

func timedOut(err error) bool {
	said, ok := errors.AsType[*pgconn.PgError](err)
	return ok && said.Code == lockNotAvailable
}
