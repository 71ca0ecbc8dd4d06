package dump

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

//go:embed rights.sql
var rightsSQL string

// moreSessions that a backup opens beside those that dump: for the snapshot and its counts, for the globals, and for the lead
// of several workers.
const moreSessions = 3

// rights looks for what the role may not read: pg_dump would end at the first of it, an hour later perhaps.
func (s *survey) rights(ctx context.Context, tx pgx.Tx, o Options) error {
	var denied, hidden, large, free int
	var deniedNames, hiddenNames []string
	var subscribed bool
	err := tx.QueryRow(ctx, rightsSQL).Scan(&s.ready.Role, &s.ready.Tables, &denied, &deniedNames, &hidden, &hiddenNames, &large, &s.ready.Passwords, &subscribed, &free)
	if err != nil {
		return err
	}
	role := ops.Printable(s.ready.Role, 60)
	s.ready.Passwords = s.ready.Passwords && len(o.Recipients) > 0
	if denied > 0 {
		s.add(&ops.Error{
			Message: fmt.Sprintf("Role %s may not read %d of the tables and sequences: %s.", role, denied, listed(deniedNames, denied)),
			Hint:    "GRANT pg_read_all_data TO " + role + "; or grant SELECT, and USAGE of the schema.",
		})
	}
	if hidden > 0 {
		s.add(&ops.Error{
			Message: fmt.Sprintf("Row security would hide rows of %s from role %s: %s.", ops.Count(hidden, "table"), role, listed(hiddenNames, hidden)),
			Hint:    "ALTER ROLE " + role + " BYPASSRLS; or take backups as the tables' owner.",
		})
	}
	if large > 0 {
		s.add(&ops.Error{
			Message: fmt.Sprintf("Role %s may not read %s.", role, ops.Count(large, "large object")),
			Hint:    "Grant SELECT on them, or make it a member of their owner.",
		})
	}
	if needs := moreSessions + max(1, o.Parallel); free < needs {
		s.add(&ops.Error{
			Message: fmt.Sprintf("The server has %s left, and a backup needs %d.", ops.Count(max(0, free), "connection"), needs),
			Hint:    "/db status says how many are idle; end some, or raise max_connections.",
		})
	}
	if subscribed {
		s.note("Subscriptions are not in it: only a superuser may read them.")
	}
	return nil
}

// listed shows the first names of many.
func listed(names []string, of int) string {
	for i := range names {
		names[i] = ops.Printable(names[i], 80)
	}
	words := strings.Join(names, ", ")
	if of > len(names) {
		words += fmt.Sprintf(" and %d more", of-len(names))
	}
	return words
}
