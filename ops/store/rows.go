package store

import (
	"encoding/json"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// requestColumns are read by readRequest, in this order. The votes come along as JSON: one row, whole.
const requestColumns = `r.id, r.version, r.state, r.key, r.command, r.words, r.risk, r.database, r.environment, r.system, r.catalog,
	r.requester_team, r.requester_user, r.reason, r.channel, r.thread, r.plan, r.shown, r.digest,
	r.terms_by, r.terms_count, r.terms_within, r.terms_alone, r.terms_glass, r.asked, r.expires, r.reminded,
	r.by_team, r.by_user, r.why, r.glass, r.worker, r.fence, r.waits_for, r.decided, r.started, r.ended,
	r.phase, r.done, r.total, r.progressed, r.cancel_team, r.cancel_user, r.cancel_why, r.cancel_at, r.outcome,
	(SELECT json_agg(json_build_object('team', v.team, 'user', v.member, 'agree', v.agree, 'why', v.why, 'at', v.at) ORDER BY v.position)
		FROM dbbot.votes v WHERE v.request = r.id)`

type vote struct {
	Team, User, Why string
	Agree           bool
	At              time.Time
}

// readRequest reads requestColumns, and what comes behind them into more.
func readRequest(row pgx.Row, more ...any) (r approval.Request, err error) {
	var votes []byte
	var cancel approval.Cancel
	terms := &r.Terms
	at := func(t *time.Time) *zeronull.Timestamptz { return (*zeronull.Timestamptz)(t) }
	text := func(s *string) *zeronull.Text { return (*zeronull.Text)(s) }
	err = row.Scan(append([]any{
		&r.ID, &r.Version, &r.State, &r.Key, &r.Command, &r.Words, &r.Risk, &r.Target.Database, &r.Target.Environment, &r.Server.System, &r.Server.Database,
		&r.Requester.Team, &r.Requester.User, &r.Reason, &r.Origin.Channel, &r.Origin.Thread, &r.Plan, &r.Shown, &r.Digest,
		&terms.By, &terms.Count, &terms.Within, &terms.Alone, &terms.BreakGlass, &r.Asked, &r.Expires, at(&r.Reminded),
		&r.By.Team, &r.By.User, &r.Why, &r.Glass, &r.Worker, &r.Fence, &r.WaitsFor, at(&r.Decided), at(&r.Started), at(&r.Ended),
		&r.Progress.Phase, &r.Progress.Done, &r.Progress.Total, at(&r.Progress.At), text(&cancel.By.Team), text(&cancel.By.User), text(&cancel.Why), at(&cancel.At), &r.Outcome,
		&votes,
	}, more...)...)
	if err != nil {
		return approval.Request{}, err
	}
	if !cancel.At.IsZero() {
		r.Cancel = &cancel
	}
	return r, readVotes(&r, votes)
}

func readVotes(r *approval.Request, kept []byte) error {
	if kept == nil {
		return nil
	}
	var votes []vote
	if err := json.Unmarshal(kept, &votes); err != nil {
		return err
	}
	for _, v := range votes {
		r.Votes = append(r.Votes, approval.Vote{By: ops.PersonID{Team: v.Team, User: v.User}, Agree: v.Agree, Why: v.Why, At: v.At.UTC()})
	}
	return nil
}

// bornArguments are what never changes of a request; movedArguments what a move may change.
func bornArguments(r approval.Request) pgx.NamedArgs {
	by := r.Terms.By
	if by == nil {
		by = []string{}
	}
	return pgx.NamedArgs{
		"key": r.Key, "command": r.Command, "words": r.Words, "risk": r.Risk, "database": r.Target.Database, "environment": r.Target.Environment,
		"system": r.Server.System, "catalog": r.Server.Database, "requester_team": r.Requester.Team, "requester_user": r.Requester.User,
		"reason": r.Reason, "channel": r.Origin.Channel, "thread": r.Origin.Thread, "plan": filled(r.Plan), "shown": filled(r.Shown), "digest": r.Digest,
		"terms_by": by, "terms_count": r.Terms.Count, "terms_within": r.Terms.Within, "terms_alone": r.Terms.Alone, "terms_glass": r.Terms.BreakGlass,
		"asked": r.Asked,
	}
}

func movedArguments(r approval.Request) pgx.NamedArgs {
	args := pgx.NamedArgs{
		"version": r.Version, "state": r.State, "expires": r.Expires, "reminded": zeronull.Timestamptz(r.Reminded),
		"by_team": r.By.Team, "by_user": r.By.User, "why": r.Why, "glass": r.Glass,
		"worker": r.Worker, "fence": r.Fence, "waits_for": r.WaitsFor,
		"decided": zeronull.Timestamptz(r.Decided), "started": zeronull.Timestamptz(r.Started), "ended": zeronull.Timestamptz(r.Ended),
		"phase": r.Progress.Phase, "done": r.Progress.Done, "total": r.Progress.Total, "progressed": zeronull.Timestamptz(r.Progress.At),
		"cancel_team": nil, "cancel_user": nil, "cancel_why": nil, "cancel_at": nil, "outcome": r.Outcome,
	}
	if c := r.Cancel; c != nil {
		args["cancel_team"], args["cancel_user"], args["cancel_why"], args["cancel_at"] = c.By.Team, c.By.User, c.Why, c.At
	}
	return args
}

// filled is never NULL.
func filled(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
