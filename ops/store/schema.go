package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed schema/*.sql
var schema embed.FS

// schemaLock is what a process holds while it makes or completes the tables: "dbbotsch" in ASCII.
const schemaLock = 0x6462626f74736368

// prepare makes or completes the tables, ours and River's, on a connection of its own. Every step is a transaction: a
// crash of this process, the connection or the server leaves it done or undone, nothing half, and nothing locked.
func prepare(ctx context.Context, config *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // the lock goes with it
	if err := settle(ctx, conn); err != nil {
		return err
	}
	// A wait for this lock is bounded as for any other, at the server too.
	wait := fmt.Sprintf("SET lock_timeout = %d; SET statement_timeout = %[1]d", openWithin.Milliseconds())
	if _, err := conn.Exec(ctx, wait); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(schemaLock)); err != nil {
		return errors.Join(errSchemaLocked, err)
	}
	if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return migrateOwn(&driver{ctx: ctx, tx: tx}, schema) }); err != nil {
		return err
	}
	return migrateRiver(ctx, conn)
}

// makeSchema looks first: CREATE SCHEMA IF NOT EXISTS wants the right to create one also where it exists.
func makeSchema(ctx context.Context, tx pgx.Tx) error {
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT to_regnamespace('dbbot') IS NOT NULL").Scan(&exists); err != nil || exists {
		return err
	}
	_, err := tx.Exec(ctx, "CREATE SCHEMA dbbot")
	return err
}

// migrateOwn applies what is missing of schema/*.sql, as part of d's transaction. A database that is further than this program stays as it is: during
// a rolling deploy the older program goes on, unless the newer one has taken away what it needs.
func migrateOwn(d *driver, schema fs.FS) error {
	if err := makeSchema(d.ctx, d.tx); err != nil {
		return err
	}
	files, err := iofs.New(schema, "schema")
	if err != nil {
		return err
	}
	newest, err := newestOf(files)
	if err != nil {
		return err
	}
	if err := d.ensureTable(); err != nil {
		return err
	}
	at, _, err := d.Version()
	if err != nil {
		return err
	}
	if at > int(newest) {
		return d.compatible(newest)
	}
	m, err := migrate.NewWithInstance("iofs", files, "dbbot", d)
	if err != nil {
		return err
	}
	if err := m.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return err
	}
	return nil
}

// newestOf is the last version that this program knows.
func newestOf(files interface {
	First() (uint, error)
	Next(uint) (uint, error)
},
) (version uint, err error) {
	for version, err = files.First(); err == nil; {
		var next uint
		if next, err = files.Next(version); err == nil {
			version = next
		}
	}
	if version > 0 && errors.Is(err, fs.ErrNotExist) {
		return version, nil
	}
	return 0, err
}

// migrateRiver brings River's tables up, each version in a transaction of its own: one of them uses what an earlier one must
// have committed. The caller holds the lock; River's own connection ends with the call. Versions that only a
// newer River knows are left alone.
func migrateRiver(ctx context.Context, conn *pgx.Conn) error {
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		return err
	}
	config.ConnConfig, config.MaxConns = conn.Config(), 1
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: "dbbot", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// driver is golang-migrate's database.Driver over one open transaction. The library's own locks without a bound, even to
// read a version, and keeps body and version in transactions of their own, between which a crash leaves "dirty" behind.
// Here the caller holds the lock, its context bounds everything, and dirty is never committed.
type driver struct {
	ctx context.Context // golang-migrate's calls carry none
	tx  pgx.Tx
}

func (d *driver) ensureTable() error {
	var exists bool
	if err := d.tx.QueryRow(d.ctx, "SELECT to_regclass('dbbot.schema_migrations') IS NOT NULL").Scan(&exists); err != nil || exists {
		return err
	}
	_, err := d.tx.Exec(d.ctx, "CREATE TABLE dbbot.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)")
	return err
}

// compatible says whether a program that knows the schema up to newest may use this newer one.
func (d *driver) compatible(newest uint) error {
	var since int64
	if err := d.tx.QueryRow(d.ctx, "SELECT since FROM dbbot.compatible").Scan(&since); err != nil {
		return err
	}
	if since > int64(newest) {
		return errTooOld
	}
	return nil
}

// Version is the row of the table that golang-migrate's own tools read too.
func (d *driver) Version() (version int, dirty bool, err error) {
	err = d.tx.QueryRow(d.ctx, "SELECT version, dirty FROM dbbot.schema_migrations").Scan(&version, &dirty)
	if errors.Is(err, pgx.ErrNoRows) {
		return database.NilVersion, false, nil
	}
	return version, dirty, err
}

// SetVersion deletes rather than truncates: that waits for no pg_dump.
func (d *driver) SetVersion(version int, dirty bool) error {
	if _, err := d.tx.Exec(d.ctx, "DELETE FROM dbbot.schema_migrations"); err != nil {
		return err
	}
	_, err := d.tx.Exec(d.ctx, "INSERT INTO dbbot.schema_migrations VALUES ($1, $2)", version, dirty)
	return err
}

// Run sends a whole file at once, by the simple protocol, which takes several statements.
func (d *driver) Run(migration io.Reader) error {
	sql, err := io.ReadAll(migration)
	if err != nil {
		return err
	}
	_, err = d.tx.Conn().PgConn().Exec(d.ctx, string(sql)).ReadAll()
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused
	}
	return err
}

// Lock does nothing: the caller holds schemaLock for as long as the transaction lives.
func (d *driver) Lock() error { return nil }

// Unlock does nothing.
func (d *driver) Unlock() error { return nil }

// Close does nothing: the transaction is the caller's.
func (d *driver) Close() error { return nil }

// Open is for drivers that are found by name.
func (d *driver) Open(string) (database.Driver, error) { return nil, errors.ErrUnsupported }

// Drop is never asked for.
func (d *driver) Drop() error { return errors.ErrUnsupported }
