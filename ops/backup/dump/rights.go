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

// rights looks for what the role may not read: pg_dump would end at the first of it, an hour later perhaps.
func (s *survey) rights(ctx context.Context, tx pgx.Tx, o Options) error {
	var denied, hidden, large int
	var deniedNames, hiddenNames []string
	var subscribed bool
	err := tx.QueryRow(ctx, rightsSQL).Scan(&s.ready.Role, &s.ready.Tables, &denied, &deniedNames, &hidden, &hiddenNames, &large, &s.ready.Passwords, &subscribed)
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
