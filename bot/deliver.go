package bot

import (
	"context"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// Outbox keeps what is to be said, and where it stands. ops/store is the one.
type Outbox interface {
	// Lease takes a message that has something to say, for so long, with its request as it is now. ok is false where there
	// is nothing to say, or another one is saying it.
	Lease(ctx context.Context, message int64, lease time.Duration) (m store.Message, r approval.Request, ok bool, err error)
	// Placed keeps where it stands (Channel, Stamp, Link) and what of Wanted it shows. again: it must show more by now.
	Placed(ctx context.Context, m store.Message, shown int64) (again bool, err error)
	// Postpone gives it back, to be tried again.
	Postpone(ctx context.Context, m store.Message, why string) error
	// Unsayable gives it up for good.
	Unsayable(ctx context.Context, m store.Message, why string) error
	// Redirect sends it to another channel or person, where it was never tried.
	Redirect(ctx context.Context, m store.Message, to string) error
	// Card gives the living message of a request.
	Card(ctx context.Context, id approval.ID) (store.Message, error)
}
