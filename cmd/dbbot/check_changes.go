package main

import (
	"context"
	"fmt"

	"dbbot/ops"

	"github.com/jackc/pgx/v5"
)

// describeChanges says whether anything can be changed, as far as the file tells.
func (c Config) describeChanges() []finding {
	if why := c.unset(); why != nil {
		return []finding{{about: "changes", grade: note, detail: why.Message, fix: why.Hint}}
	}
	out := []finding{{about: "changes", grade: fine, detail: "may be asked for, as the policy says; every step is recorded and signed"}}
	if c.Audit.File == "" && c.Audit.Channel == "" && c.Slack.Channel == "" {
		out = append(out, finding{
			about: "audit", grade: warning, detail: "its checkpoints go nowhere, so that an end that is cut off cannot be found",
			fix: "Set audit.file to a file on another machine's disk, or audit.channel.",
		})
	}
	return out
}

// home is what dbbot's own database must be like.
type home struct {
	Ready   bool // the schema is there
	Creates bool // the role may make what is missing
	Replica bool
	Pooled  bool
	Role    string
	Name    string
}

const homeQuery = `
SELECT s.ready, CASE WHEN s.ready THEN has_schema_privilege(current_user, 'dbbot', 'CREATE') ELSE has_database_privilege(current_database(), 'CREATE') END,
       pg_is_in_recovery(), pg_backend_pid(), current_user, current_database()
FROM (SELECT to_regnamespace('dbbot') IS NOT NULL AS ready) s`

// lookAtState looks at dbbot's own database, and changes nothing there: its tables are made by serve.
func (c Config) lookAtState(ctx context.Context) []finding {
	url := c.stateURL()
	out := lookAtDatabase(ctx, "state", url, false)
	if out[0].grade == wrong {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	h, err := seeHome(ctx, url)
	if err != nil {
		return append(out, finding{about: "state", grade: wrong, detail: "it answers, and could not be looked at: " + lastOf(err)})
	}
	return append(out, h.judge()...)
}

func seeHome(ctx context.Context, url ops.Secret) (h home, err error) {
	config, err := pgx.ParseConfig(url.Reveal())
	if err != nil {
		return h, err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // a pooler gives each statement another server: none can be prepared
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return h, err
	}
	defer closeNow(conn)
	var backend uint32
	err = conn.QueryRow(ctx, homeQuery).Scan(&h.Ready, &h.Creates, &h.Replica, &backend, &h.Role, &h.Name)
	h.Pooled = backend != conn.PgConn().PID() // a pooler gives a number of its own
	return h, err
}

func (h home) judge() []finding {
	bad := func(detail, fix string) []finding {
		return []finding{{about: "state", grade: wrong, detail: detail, fix: fix}}
	}
	switch {
	case h.Pooled:
		return bad("a connection pooler stands before it, and dbbot's locks need sessions that last", "Let state.url lead to PostgreSQL itself.")
	case h.Replica:
		return bad("it is a standby, which may only be read", "Let state.url lead to the primary.")
	case !h.Creates:
		return bad(fmt.Sprintf("the role %s may not make dbbot's tables there", h.Role),
			fmt.Sprintf("GRANT CREATE ON DATABASE %s TO %s; or name another database with state.url.", pgx.Identifier{h.Name}.Sanitize(), pgx.Identifier{h.Role}.Sanitize()))
	case h.Ready:
		return []finding{{about: "state", grade: fine, detail: "dbbot's tables are there"}}
	}
	return []finding{{about: "state", grade: fine, detail: "dbbot makes its tables there, in the schema dbbot, when it is first started"}}
}
