package dump

import (
	"context"
	"io"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

// globals keeps roles, their memberships and tablespaces, which are no database's own. Password hashes come along only where
// the role may read them, and where they are encrypted.
func (t *taking) globals(ctx context.Context) (*backup.File, bool, error) {
	passwords := t.survey.ready.Passwords
	args := []string{"--globals-only", "--database=" + client.Database(t.survey.ready.Server.Catalog)}
	if !passwords {
		args = append(args, "--no-role-passwords")
	}
	f, err := t.put(ctx, t.newWatch(), t.file("globals.sql", "sql", true), 0, func(ctx context.Context, to io.Writer) error {
		c := t.call(t.survey.programs.DumpAll, args...)
		c.Stdout = to
		return client.Run(ctx, c)
	})
	if err != nil {
		return nil, false, err
	}
	ops.Reached("backup globals")
	return &f, passwords, nil
}
