package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"dbbot/ops"

	"github.com/jackc/pgx/v5"
)

// Versions that status can read (the oldest and the newest that were tried).
const oldestVersion, newestVersion = 14, 18

// access is what a role may do, and how it got in.
type access struct {
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
       coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false), pg_is_in_recovery()
FROM pg_roles r WHERE r.rolname = current_user`

// lookAtDatabase connects, and judges the role. reading says that the URL is for reading alone.
func lookAtDatabase(ctx context.Context, about string, dsn ops.Secret, reading bool) []finding {
	begun := time.Now()
	config, err := pgx.ParseConfig(dsn.Reveal())
	if err != nil {
		return []finding{{about, wrong, "its address cannot be read", "Write postgres://user:password@host:5432/database."}}
	}
	place := net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return []finding{{about, wrong, unreachable(place, err), "Check the address, the password and pg_hba.conf, and that the server takes connections from here."}}
	}
	defer closeNow(conn)
	var a access
	err = conn.QueryRow(ctx, accessQuery).Scan(&a.Role, &a.Version, &a.Superuser, &a.Monitor, &a.Writes, &a.Creates, &a.Encrypted, &a.Replica)
	if err != nil {
		return []finding{{about, wrong, "connected to " + place + ", and could not look around: " + lastOf(err), ""}}
	}
	took := time.Since(begun).Round(time.Millisecond)
	out := []finding{{about, fine, fmt.Sprintf("PostgreSQL %d.%d on %s as %s, %s, %s", a.Version/10000, a.Version%10000, place, a.Role, a.side(), took), ""}}
	return append(out, a.judge(about, config.Host, reading)...)
}

func (a access) side() string {
	if a.Replica {
		return "replica"
	}
	return "primary"
}

func (a access) judge(about, host string, reading bool) (out []finding) {
	warn := func(detail, fix string) { out = append(out, finding{about, warning, detail, fix}) }
	role := pgx.Identifier{a.Role}.Sanitize()
	if major := a.Version / 10000; major < oldestVersion || major > newestVersion {
		warn(fmt.Sprintf("PostgreSQL %d is not among the versions dbbot was tried with, %d to %d", major, oldestVersion, newestVersion), "")
	}
	if !a.Encrypted && host != "" && host[0] != '/' && !loopback(host) {
		warn("the connection is not encrypted", "Add sslmode=verify-full to the address.")
	}
	if !reading {
		return out
	}
	if !a.Monitor && !a.Superuser {
		warn("the role may not see other sessions and the statistics", "GRANT pg_monitor TO "+role+";")
	}
	const better = "Use a role that may only read: CREATE ROLE dbbot LOGIN PASSWORD '…' IN ROLE pg_monitor;"
	switch {
	case a.Superuser:
		warn("the reading role is a superuser", better)
	case a.Writes:
		warn("the reading role may also write to tables here", better)
	case a.Creates:
		warn("the reading role may make tables here", "REVOKE CREATE ON SCHEMA public FROM PUBLIC; which up to version 14 everybody has, or: "+better)
	}
	return out
}

// unreachable says why a connection failed, without what the driver says beside it: that names the address, and may
// hold more than that.
func unreachable(place string, err error) string {
	return place + " cannot be reached: " + lastOf(err)
}
