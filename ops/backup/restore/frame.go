package restore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// lists are settings that are written as several names: quoted as one text they would mean another thing.
var lists = []string{"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"}

// frame gives the scratch database what the backup's or the live one's has around it: settings, privileges, the limit
// of connections. What the role may not give is told in notes: it can be given later.
func (d *scratch) frame(ctx context.Context, f backup.Frame) (notes []string, err error) {
	try := func(what string, do func() error) {
		if failed := do(); failed != nil && ctx.Err() == nil {
			notes = append(notes, what+" could not be set: "+ops.Printable(ops.Redact(failed.Error()), longestWords)+".")
		}
	}
	for _, setting := range f.Settings {
		name, value, _ := strings.Cut(setting, "=")
		try("Of the database, "+ops.Printable(name, 63), func() error { return d.set(ctx, "DATABASE "+ident(d.name), name, value) })
	}
	for _, role := range slices.Sorted(maps.Keys(f.RoleSettings)) {
		for _, setting := range f.RoleSettings[role] {
			name, value, _ := strings.Cut(setting, "=")
			try(fmt.Sprintf("For the role %s, %s", ops.Printable(role, 63), ops.Printable(name, 63)), func() error {
				return d.set(ctx, "ROLE "+ident(role)+" IN DATABASE "+ident(d.name), name, value)
			})
		}
	}
	if f.Access != nil {
		try("Privileges", func() error { return d.grant(ctx, f.Access) })
	}
	if f.Connections >= 0 {
		try("The limit of connections", func() error {
			return d.exec(ctx, askWithin, fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d", ident(d.name), f.Connections))
		})
	}
	return notes, ctx.Err()
}

// set gives one setting to what ALTER names.
func (d *scratch) set(ctx context.Context, what, name, value string) error {
	setting := dotted(name)
	if !slices.Contains(lists, strings.ToLower(name)) {
		return d.exec(ctx, askWithin, "ALTER "+what+" SET "+setting+" TO"+literal(value))
	}
	return d.exec(ctx, askWithin, "SELECT set_config("+literal(name)+","+literal(value)+", true); ALTER "+what+" SET "+setting+" FROM CURRENT")
}

// dotted quotes a setting's name, which may be that of an extension: "app.user".
func dotted(name string) string { return pgx.Identifier(strings.Split(name, ".")).Sanitize() }

// grant gives exactly these privileges, as PostgreSQL writes them in its catalogue.
func (d *scratch) grant(ctx context.Context, access []string) error {
	rows, err := d.conn.Query(ctx, `SELECT CASE grantee WHEN 0 THEN '' ELSE pg_get_userbyid(grantee)::text END, privilege_type, is_grantable
		FROM aclexplode($1::text[]::aclitem[])`, access)
	if err != nil {
		return err
	}
	sql := "REVOKE ALL ON DATABASE " + ident(d.name) + " FROM PUBLIC"
	var to, privilege string
	var grantable bool
	_, err = pgx.ForEachRow(rows, []any{&to, &privilege, &grantable}, func() error {
		who := "PUBLIC"
		if to != "" {
			who = ident(to)
		}
		sql += "; GRANT " + privilege + " ON DATABASE " + ident(d.name) + " TO " + who
		if grantable && to != "" {
			sql += " WITH GRANT OPTION"
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.exec(ctx, askWithin, sql)
}
