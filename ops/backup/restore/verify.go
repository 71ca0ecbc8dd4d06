package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
)

// tryOut restores into a scratch database, compares, and removes it whatever happens.
func (s Source) tryOut(ctx context.Context, t Target, v *backup.Verification, progress Progress) (err error) {
	server, err := connect(ctx, t, t.application(s.Backup.ID))
	if err != nil {
		return err
	}
	defer server.close()
	v.Where = server.where()
	if err := server.claim(ctx); err != nil {
		return err
	}
	v.Notes = append(v.Notes, server.swept(ctx)...)
	programs, err := server.programs(s.Backup)
	if err != nil {
		return err
	}
	out, err := server.lacks(ctx, s.Backup)
	if err != nil {
		return err
	}
	if instead, err := server.tooSmall(ctx, s.Backup, out); err != nil || len(instead) > 0 {
		v.How = backup.Read
		v.Notes = append(append(v.Notes, "It was not restored, only read to its end."), instead...)
		if err == nil {
			v.Found, err = Read(ctx, s, progress)
		}
		return err
	}
	if v.Found, err = s.readGlobals(ctx, progress); err != nil {
		return err
	}
	a, err := s.unpack(ctx, programs, progress)
	if err != nil {
		return fault(v, err)
	}
	defer a.close()
	out.scratch = true
	out.of(a.entries)
	v.Notes = append(v.Notes, a.notes(out)...)
	d, err := server.scratch(ctx, s.Backup, toVerify)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.drop(ctx)) }()
	err = d.fill(ctx, a, []string{"--no-owner", "--no-privileges", "--no-tablespaces"}, out.omit, progress)
	if err != nil {
		return fault(v, err)
	}
	ops.Reached("filled")
	wrong, err := d.compare(ctx, s.Backup, out.expected(s.Backup.Contents, a.entries, server.Major == s.Backup.Server.Major), progress)
	v.Found = append(v.Found, wrong...)
	ops.Reached("compared")
	return err
}

// tooSmall says why a server cannot try this backup out, which says nothing about the backup.
func (s *server) tooSmall(ctx context.Context, b backup.Backup, out leaveOut) ([]string, error) {
	r := Ready{Now: Now{Needs: b.Server.Bytes, Free: -1}}
	if needed := out.needed(); len(needed) > 0 {
		r.fault("The server has no extension %s that the role may create.", list(needed))
	}
	err := s.room(ctx, &r)
	return r.Faults, err
}

// fault puts damage where it belongs, and returns what else it was.
func fault(v *backup.Verification, err error) error {
	found, err := foundIn(err)
	v.Found = append(v.Found, found...)
	return err
}

// notes say what people should know of how an archive is restored.
func (a *archive) notes(out leaveOut) (notes []string) {
	if a.streamed {
		notes = append(notes, fmt.Sprintf("No disk here has room for the %d MB of the unpacked archive, so it is restored as a stream, by one session.", a.source.Backup.Archive.Raw>>20))
	}
	return append(notes, out.notes(a.entries)...)
}

// lacks says what of a backup cannot be made on this server by this role.
func (s *server) lacks(ctx context.Context, b backup.Backup) (leaveOut, error) {
	out := leaveOut{super: s.Super, extensions: map[string]bool{}, roles: map[string]bool{}}
	var names []string
	for _, e := range b.Contents.Extensions {
		names = append(names, e.Name)
	}
	var extensions, roles, strangers []string
	err := s.conn.QueryRow(ctx, `SELECT
		(SELECT coalesce(array_agg(wanted), '{}') FROM unnest($1::text[]) wanted WHERE wanted <> 'plpgsql' AND NOT EXISTS (
			SELECT FROM pg_available_extensions e JOIN pg_available_extension_versions v ON (v.name, v.version) = (e.name, e.default_version)
			WHERE e.name = wanted AND ($3 OR NOT v.superuser OR v.trusted))),
		(SELECT coalesce(array_agg(name ORDER BY name COLLATE "C"), '{}') FROM unnest($2::text[]) name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)),
		(SELECT coalesce(array_agg(rolname::text), '{}') FROM pg_roles WHERE NOT pg_has_role(oid, 'MEMBER'))`,
		names, b.Roles, s.Super).Scan(&extensions, &roles, &strangers)
	out.strangers = map[string]bool{}
	for _, name := range strangers {
		out.strangers[name] = true
	}
	for _, name := range extensions {
		out.extensions[name] = true
	}
	for _, name := range roles {
		out.roles[name] = true
	}
	return out, unread(err)
}

// compare counts what was restored, in a session that is closed again, and says what differs.
func (d *scratch) compare(ctx context.Context, b backup.Backup, want backup.Inventory, progress Progress) ([]string, error) {
	conn, err := d.in(ctx, d.name)
	if err != nil {
		return nil, err
	}
	defer closeConn(conn)
	var got backup.Inventory
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		got, err = inventory.Read(ctx, tx, true, func(done, total int64) { progress("comparing", done, total) })
		hashed := func(t backup.Table) bool { return t.Hash != "" }
		if err != nil || !slices.ContainsFunc(b.Contents.Tables, hashed) {
			return err
		}
		return inventory.Hash(ctx, tx, &got, func(done, total int64) { progress("comparing all values", done, total) })
	})
	if err != nil {
		return nil, unread(err)
	}
	return inventory.Compare(want, got), nil
}

func list(names map[string]bool) string {
	var all []string
	for name := range names {
		all = append(all, ops.Printable(name, 63))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
