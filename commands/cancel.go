package commands

import (
	"dbbot/ops"
	"dbbot/ops/postgres"
)

var _ = add(cancelQuery)

// cancelQuery stops the query that a session runs, and nothing else.
func cancelQuery(t Toolbox) Command {
	return change(signalling{
		tools: t, signal: postgres.CancelQuery,
		title:   "Cancel the query of session %d",
		effect:  "The query stops with an error and the session stays. If it is part of a longer transaction, that keeps its locks until the client rolls it back.",
		query:   "What it runs, without values",
		doing:   "asking it to stop",
		waiting: "waiting until it has stopped",
		done:    map[postgres.Fate]string{postgres.Over: "The query of session %d was cancelled", postgres.Gone: "Session %d has ended"},
		proof:   map[postgres.Fate]string{postgres.Over: "It was asked to stop, and it runs no more. The session is still connected.", postgres.Gone: "Its query was asked to stop, and the whole session is gone."},
		reached: map[postgres.Fate]bool{postgres.Over: true, postgres.Gone: true},
	}.change(About{
		Path: "cancel", Risk: ops.Operate, Args: signalArgs("since when the query runs; buttons fill this in"),
		Summary: "stop the query that a session runs", Example: "cancel 4242 orders -- it holds up checkout",
	}))
}
