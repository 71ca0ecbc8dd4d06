package store

import (
	"context"

	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
)

const (
	usualList = 50  // requests, where no limit is asked for
	maxList   = 200 // requests: what one view can show
)

// Get gives one request; approval.ErrUnknown.
func (s *Store) Get(ctx context.Context, id approval.ID) (approval.Request, error) {
	return one(ctx, s, wholeRequest, selectRequest+" WHERE r.id = $1", id)
}

// List gives the newest first.
func (s *Store) List(ctx context.Context, f approval.Filter) ([]approval.Request, error) {
	sql, args := listing(f)
	return all(ctx, s, wholeRequest, sql, args)
}

const selectRequest = "SELECT " + requestColumns + " FROM dbbot.requests r"

func wholeRequest(row pgx.CollectableRow) (approval.Request, error) { return readRequest(row) }

// listing has a condition for what is asked alone, so that each finds its index.
func listing(f approval.Filter) (sql string, args pgx.NamedArgs) {
	args = pgx.NamedArgs{"limit": limited(f.Limit, usualList, maxList)}
	sql = selectRequest + " WHERE true"
	if len(f.States) > 0 {
		sql, args["states"] = sql+" AND r.state = ANY (@states)", f.States
		if allOpen(f.States) { // what the partial index says of itself
			sql += " AND r.state IN ('pending', 'approved', 'running')"
		}
	}
	if f.Requester.User != "" {
		sql, args["team"], args["user"] = sql+" AND r.requester_team = @team AND r.requester_user = @user", f.Requester.Team, f.Requester.User
	}
	if f.Databases != nil {
		sql, args["databases"] = sql+" AND r.database = ANY (@databases)", f.Databases
	}
	if !f.Since.IsZero() { // it ended after it was asked, if it has ended
		sql, args["since"] = sql+" AND coalesce(r.ended, r.asked) > @since", f.Since
	}
	return sql + " ORDER BY r.id DESC LIMIT @limit", args
}

func allOpen(states []approval.State) bool {
	for _, state := range states {
		if !state.Open() {
			return false
		}
	}
	return true
}
