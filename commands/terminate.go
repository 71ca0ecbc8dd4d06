package commands

import (
	"dbbot/ops"
	"dbbot/ops/postgres"
)

var _ = add(terminate)

// terminate ends a session, and with it the transaction that it has open.
func terminate(t Toolbox) Command {
	return change(signalling{
		tools: t, signal: postgres.Terminate,
		title:   "Terminate session %d",
		effect:  "The session ends: its open transaction is rolled back, its locks are released, and its client loses the connection. What was committed stays.",
		query:   "What it last said, without values",
		doing:   "asking it to end",
		waiting: "waiting until it has ended",
		done:    map[postgres.Fate]string{postgres.Gone: "Session %d was terminated"},
		proof:   map[postgres.Fate]string{postgres.Gone: "It was asked to end, and it is gone; what its transaction had not committed is rolled back."},
		reached: map[postgres.Fate]bool{postgres.Gone: true},
	}.change(About{
		Path: "terminate", Risk: ops.Destroy, Args: signalArgs("since when its transaction is open; buttons fill this in"),
		Summary: "end a session and roll its transaction back", Example: "terminate 4242 orders -- forgotten since noon",
	}))
}
