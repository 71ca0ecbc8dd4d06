package bot

import (
	"context"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// Homes keeps whose home tab is open and what it shows. ops/store is the one.
type Homes interface {
	Homes(ctx context.Context) ([]store.Home, error)
	HomeOpened(ctx context.Context, who ops.PersonID) error
	HomeShown(ctx context.Context, who ops.PersonID, digest string) error
	// HomeTokens gives a token for each request, bound to this person's home tab.
	HomeTokens(ctx context.Context, who ops.PersonID, ids []approval.ID) (map[approval.ID]string, error)
}
