package restore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// createRoles makes roles that may not log in, and says which. They are locked and marked as scratch databases are, until
// keepRoles.
func (s *server) createRoles(ctx context.Context, names []string, id backup.ID) (done []string, err error) {
	m := mark{For: role, Backup: id, Request: s.target.Request, Asked: s.target.Asked, By: s.target.By, At: time.Now().UTC().Truncate(time.Second)}
	for _, name := range names {
		if _, err := s.conn.Exec(ctx, "SELECT pg_advisory_lock($1, hashtext($2))", scratchClass, name); err != nil {
			return done, unread(err)
		}
		sql := "CREATE ROLE " + ident(name) + " NOLOGIN; COMMENT ON ROLE " + ident(name) + " IS" + literal(m.String())
		if !s.Super {
			sql += "; GRANT " + ident(name) + " TO CURRENT_USER" // to give it what belongs to it
		}
		if err := s.exec(ctx, askWithin, sql); err != nil {
			return done, unread(err)
		}
		done = append(done, name)
	}
	return done, nil
}

// keepRoles takes the mark off: what needs the roles stands. Where that fails, a sweep tries to remove them, and cannot.
func (s *server) keepRoles(ctx context.Context, names []string, id backup.ID) {
	for _, name := range names {
		said := "Made by dbbot when " + string(id) + " was restored."
		_ = s.exec(context.WithoutCancel(ctx), askWithin, "COMMENT ON ROLE "+ident(name)+" IS"+literal(said))
	}
}

// dropRoles removes the roles that a failed run made. Those that somebody uses by now stay, and the report names them.
func (s *server) dropRoles(ctx context.Context, r *Report) error {
	ctx = context.WithoutCancel(ctx)
	if len(r.Roles) == 0 {
		return nil
	}
	if err := s.again(ctx); err != nil {
		return err
	}
	r.Roles = slices.DeleteFunc(r.Roles, func(name string) bool { return s.exec(ctx, askWithin, "DROP ROLE "+ident(name)) == nil })
	if len(r.Roles) > 0 {
		return &ops.Error{Message: "These roles were created, and could not be removed again: " + ops.Printable(strings.Join(r.Roles, ", "), 300) + "."}
	}
	return nil
}

// sweepRoles removes the roles that lost restores made. Those that somebody uses by now stay.
func (s *server) sweepRoles(ctx context.Context) (did []string, err error) {
	rows, err := s.conn.Query(ctx, `SELECT rolname::text FROM pg_roles r WHERE shobj_description(oid, 'pg_authid') LIKE '{"dbbot":"role"%' AND NOT rolcanlogin
		AND NOT EXISTS (SELECT FROM pg_locks l WHERE `+lockOfSQL+` = hashtext(rolname::text)::bigint & 4294967295)`, scratchClass)
	if err != nil {
		return nil, unread(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, name := range all {
		if s.exec(ctx, askWithin, "DROP ROLE "+ident(name)) == nil {
			did = append(did, "Removed the role "+ops.Printable(name, 63)+", which a restore had made.")
		}
	}
	return did, unread(err)
}
