package main

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster"

	"github.com/golang-migrate/migrate/v4"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5" // the driver behind pgx5://
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
)

//go:embed demo
var demoFiles embed.FS

// appliedMigrations of the six files. The others are pending: one is safe, the check warns of one, and one fails on the
// rows that are there.
const appliedMigrations = 3

// shop is the sample data on a private cluster.
type shop struct {
	cluster    *cluster.Cluster
	owner      role // of all tables: the application connects with it, and migrations do
	reader     role // what dbbot reads with: pg_monitor and nothing more
	keeper     role // of the backups: reads every row, makes databases
	statements bool // pg_stat_statements is there
}

type role struct{ name, password string }

// demoSettings make the server small, and its status worth reading.
func demoSettings() map[string]string {
	return map[string]string{
		"max_connections": "40", "shared_buffers": "32MB", "track_io_timing": "on",
		"max_wal_size": "256MB", "temp_file_limit": "256MB", // a sample may not fill anybody's disk
	}
}

// openShop starts the cluster. Where the package that holds pg_stat_statements is not installed it does without.
func openShop(ctx context.Context) (*shop, error) {
	settings := demoSettings()
	settings["shared_preload_libraries"] = "pg_stat_statements"
	c, err := cluster.Start(ctx, cluster.Options{Settings: settings})
	if err != nil && ctx.Err() == nil && !errors.Is(err, exec.ErrNotFound) {
		var again error
		if c, again = cluster.Start(ctx, cluster.Options{Settings: demoSettings()}); again != nil {
			return nil, err
		}
		return newShop(c, false), nil
	}
	if err != nil {
		return nil, err
	}
	return newShop(c, true), nil
}

func newShop(c *cluster.Cluster, statements bool) *shop {
	return &shop{
		cluster: c, statements: statements,
		owner: role{"shop", rand.Text()}, reader: role{"dbbot", rand.Text()}, keeper: role{"keeper", rand.Text()},
	}
}

func (s *shop) url(r role, database string) ops.Secret {
	return ops.Secret(s.cluster.URLAs(r.name, r.password, database))
}

// fill makes the databases and the rows, and says how many rows each has.
func (s *shop) fill(ctx context.Context) (orders, reporting int, err error) {
	if err := s.roles(ctx); err != nil {
		return 0, 0, fmt.Errorf("making the roles: %w", err)
	}
	if err := s.migrate(); err != nil {
		return 0, 0, fmt.Errorf("applying the first %d migrations: %w", appliedMigrations, err)
	}
	if orders, err = s.rows(ctx, "orders"); err != nil {
		return 0, 0, fmt.Errorf("filling orders: %w", err)
	}
	if reporting, err = s.rows(ctx, "reporting"); err != nil {
		return 0, 0, fmt.Errorf("filling reporting: %w", err)
	}
	return orders, reporting, s.forgetFilling(ctx)
}

// forgetFilling starts the statistics anew, so that they tell of the workload and not of how it was prepared.
func (s *shop) forgetFilling(ctx context.Context) error {
	statements := []string{"SELECT pg_stat_reset()"}
	if s.statements {
		statements = append(statements, "SELECT pg_stat_statements_reset()")
	}
	return errors.Join(s.exec(ctx, "orders", statements...), s.exec(ctx, "reporting", "SELECT pg_stat_reset()"))
}

// roles makes the roles and the databases. The passwords are letters and digits, so they need no quoting.
func (s *shop) roles(ctx context.Context) error {
	statements := []string{
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", s.owner.name, s.owner.password),
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE pg_monitor", s.reader.name, s.reader.password),
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s' CREATEDB IN ROLE pg_read_all_data, pg_signal_backend, %s", s.keeper.name, s.keeper.password, s.owner.name),
		"CREATE DATABASE orders OWNER " + s.owner.name,
		"CREATE DATABASE reporting OWNER " + s.owner.name,
		"CREATE DATABASE dbbot OWNER " + s.reader.name,
	}
	if err := s.exec(ctx, "postgres", statements...); err != nil {
		return err
	}
	if !s.statements {
		return nil
	}
	return errors.Join(
		s.exec(ctx, "orders", "CREATE EXTENSION pg_stat_statements"),
		s.exec(ctx, "reporting", "CREATE EXTENSION pg_stat_statements"))
}

func (s *shop) exec(ctx context.Context, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.cluster.URL(database))
	if err != nil {
		return err
	}
	defer closeNow(conn)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// migrate applies the first files with golang-migrate itself, as a deployment would.
func (s *shop) migrate() error {
	source, err := iofs.New(demoFiles, "demo/migrations")
	if err != nil {
		return err
	}
	url := strings.Replace(s.url(s.owner, "orders").Reveal(), "postgres://", "pgx5://", 1)
	m, err := migrate.NewWithSourceInstance("embedded", source, url)
	if err != nil {
		return err
	}
	err = m.Migrate(appliedMigrations)
	ofSource, ofDatabase := m.Close()
	return errors.Join(err, ofSource, ofDatabase)
}

// rows runs the embedded statements of one database as its owner, and counts. The rows refer to one another by
// construction; checking each of their foreign keys took more than half of the time.
func (s *shop) rows(ctx context.Context, database string) (n int, err error) {
	sql, err := demoFiles.ReadFile("demo/" + database + ".sql")
	if err != nil {
		return 0, err
	}
	conn, err := pgx.Connect(ctx, s.cluster.URL(database))
	if err != nil {
		return 0, err
	}
	defer closeNow(conn)
	unchecked := "SET session_replication_role = replica; SET ROLE " + s.owner.name + ";"
	if _, err := conn.PgConn().Exec(ctx, unchecked+string(sql)).ReadAll(); err != nil {
		return 0, err
	}
	// exact enough: every table was analysed a moment ago, and is small enough to be read whole for that
	err = conn.QueryRow(ctx, "SELECT sum(reltuples)::int FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 0").Scan(&n)
	return n, err
}

// migrationFiles writes the files where the configuration points; they go with the cluster's directory.
func (s *shop) migrationFiles() error {
	files, err := fs.Sub(demoFiles, "demo/migrations")
	if err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(s.cluster.Dir, "migrations"), files)
}
