package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"

	"github.com/jackc/pgx/v5"
)

// Versions that status can read (the oldest and the newest that were tried).
const oldestVersion, newestVersion = 14, 18

// publicMayNotCreate is the version from which on the schema public is no longer everybody's (release notes of 15).
const publicMayNotCreate = 150000

// access is what a role may do, and how it got in.
type access struct {
	Host      string // of the URL; for a socket, its directory
	Place     string // host and port
	Role      string
	Version   int // server_version_num: 150018
	Superuser bool
	Monitor   bool // pg_monitor
	Writes    bool // may write to some table
	Creates   bool // may make tables or schemas
	Encrypted bool
	Replica   bool
}

const accessQuery = `
SELECT current_user, current_setting('server_version_num')::int, r.rolsuper, pg_has_role(r.oid, 'pg_monitor', 'USAGE'),
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                 AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
       has_database_privilege(current_database(), 'CREATE') OR EXISTS (
           SELECT FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'CREATE')),
       pg_is_in_recovery()
FROM pg_roles r WHERE r.rolname = current_user`

// lookAtDatabase connects, and judges the role. reading says that the URL is for reading alone.
func lookAtDatabase(ctx context.Context, about string, dsn ops.Secret, reading bool) []finding {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	begun := time.Now()
	if err := alive(ctx, about, dsn); err != nil {
		return []finding{failed(about, err)}
	}
	a, err := inspect(ctx, dsn)
	if err != nil {
		return []finding{{
			about: about, grade: wrong, detail: "it answers, and could not be looked at: " + lastOf(err),
			fix: "Try again; `dbbot ask status` says more about its state.",
		}}
	}
	took := time.Since(begun).Round(time.Millisecond)
	out := []finding{{about: about, grade: fine, detail: fmt.Sprintf("PostgreSQL %d.%d on %s as %s, %s, %s", a.Version/10000, a.Version%10000, a.Place, a.Role, a.side(), took)}}
	return append(out, a.judge(about, reading)...)
}

// alive asks for a sign of life as /db ping does, and says in the same words why there is none.
func alive(ctx context.Context, about string, dsn ops.Secret) error {
	reader, err := postgres.Open([]postgres.Database{{Target: ops.Target{Database: about}, URL: dsn}}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer reader.Close()
	_, err = reader.Ping(ctx, about)
	return err
}

// inspect reads what the role may do, over a connection of its own.
func inspect(ctx context.Context, dsn ops.Secret) (a access, err error) {
	config, err := pgx.ParseConfig(dsn.Reveal())
	if err != nil {
		return a, err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // a pooler gives each statement another server: none can be prepared
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return a, err
	}
	defer closeNow(conn)
	a.Host, a.Place = config.Host, net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	_, a.Encrypted = conn.PgConn().Conn().(*tls.Conn) // our side of it: behind a pooler the server knows another one
	err = conn.QueryRow(ctx, accessQuery).Scan(&a.Role, &a.Version, &a.Superuser, &a.Monitor, &a.Writes, &a.Creates, &a.Replica)
	return a, err
}

func (a access) side() string {
	if a.Replica {
		return "replica"
	}
	return "primary"
}

func (a access) judge(about string, reading bool) (out []finding) {
	warn := func(detail, fix string) {
		out = append(out, finding{about: about, grade: warning, detail: detail, fix: fix})
	}
	if major := a.Version / 10000; major < oldestVersion || major > newestVersion {
		warn(fmt.Sprintf("PostgreSQL %d is not among the versions dbbot was tried with, %d to %d", major, oldestVersion, newestVersion), "")
	}
	if !a.Encrypted && a.Host != "" && a.Host[0] != '/' && !loopback(a.Host) {
		warn("the connection to "+a.Host+" is not encrypted: whoever is on the way can read what the database answers",
			"Add sslmode=verify-full to its URL, and turn ssl on at the server.")
	}
	if !reading {
		return out
	}
	if !a.Monitor && !a.Superuser {
		warn("the role "+a.Role+" may not see other sessions and the statistics", postgres.Grant(a.Role))
	}
	const better = "Use a role that may only read: CREATE ROLE dbbot LOGIN PASSWORD '…' IN ROLE pg_monitor;"
	switch {
	case a.Superuser:
		warn("the reading role "+a.Role+" is a superuser: it could change everything", better)
	case a.Writes:
		warn("the reading role "+a.Role+" may also write to tables here", better)
	case a.Creates && a.Version < publicMayNotCreate:
		warn("the reading role "+a.Role+" may make tables here, as everybody may up to version 14", "REVOKE CREATE ON SCHEMA public FROM PUBLIC; or, where that is not the reason: "+better)
	case a.Creates:
		warn("the reading role "+a.Role+" may make tables here", better)
	}
	return out
}
