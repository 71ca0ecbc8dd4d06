package dump

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/DataDog/zstd"
	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/store"
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) {
	if todo := os.Getenv(childOf); todo != "" {
		child(todo)
		return
	}
	os.Exit(clustertest.Run(m))
}

// quick are bounds for tests.
func quick() *bounds {
	b := usual
	b.lock, b.table, b.stall, b.silence, b.finish, b.poll = time.Second, time.Second, 20*time.Second, 20*time.Second, 20*time.Second, 20*time.Millisecond
	return &b
}

// shop is a database with something of everything.
var shop = []string{
	`CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, at timestamptz DEFAULT now())`,
	`INSERT INTO orders (note) SELECT CASE WHEN n % 7 = 0 THEN E'two\nlines\t' || n WHEN n % 5 = 0 THEN NULL ELSE '\.' || md5(n::text) END FROM generate_series(1, 2000) n`,
	`CREATE TABLE empty (id int)`,
	`CREATE TABLE bare ()`,
	`INSERT INTO bare SELECT FROM generate_series(1, 3)`,
	`CREATE SCHEMA "Odd ""one"""`,
	`CREATE TABLE "Odd ""one"""."a.b c" (id int PRIMARY KEY)`,
	`INSERT INTO "Odd ""one"""."a.b c" VALUES (1), (2)`,
	`CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at)`,
	`CREATE TABLE parts_26 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`,
	`INSERT INTO parts VALUES (1, '2026-05-01')`,
	`CREATE VIEW seen AS SELECT id FROM orders`,
	`SELECT lo_from_bytea(0, decode(repeat('00ff', 3000), 'hex')), lo_create(0)`,
}

// world is a database, a store and what is needed to take a backup.
type world struct {
	Options
	dir      string
	identity *age.X25519Identity
	told     Progress // of a busy one
}

func newWorld(tb testing.TB, url string) *world {
	tb.Helper()
	if _, err := client.Find(15); err != nil {
		tb.Skip(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		tb.Fatal(err)
	}
	w := &world{dir: tb.TempDir(), identity: identity}
	kept, err := store.Open(tb.Context(), "file://"+w.dir)
	if err != nil {
		tb.Fatal(err)
	}
	w.Options = Options{
		URL: ops.Secret(url), Database: "orders", Environment: "production", Store: kept, Recipients: []string{identity.Recipient().String()},
		By: "U0ANA", Why: "because", Request: 7, Asked: time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC), bounds: quick(),
	}
	return w
}

// newDatabase makes one of statements.
func newDatabase(tb testing.TB, statements ...string) string {
	tb.Helper()
	url := clustertest.Database(tb)
	clustertest.Exec(tb, url, statements...)
	return url
}

// take takes a backup that must succeed.
func (w *world) take(tb testing.TB) backup.Manifest {
	tb.Helper()
	m, err := Take(tb.Context(), w.Options, nil)
	if err != nil {
		tb.Fatalf("%v (%s), because %v", err, ops.Explain(err, "").Hint, cause(err))
	}
	return m
}

func cause(err error) error {
	for {
		said, ok := err.(interface{ Unwrap() error })
		if !ok || said.Unwrap() == nil {
			return err
		}
		err = said.Unwrap()
	}
}

// fails takes a backup that must not succeed, and leaves nothing.
func (w *world) fails(tb testing.TB, ctx context.Context, words ...string) {
	tb.Helper()
	_, err := Take(ctx, w.Options, nil)
	w.failed(tb, err, words...)
}

func (w *world) failed(tb testing.TB, err error, words ...string) {
	tb.Helper()
	said, marked := errors.AsType[*ops.Error](err)
	if !marked {
		tb.Fatalf("not for people: %v", err)
	}
	for _, word := range words {
		if !strings.Contains(said.Message+" "+said.Hint, word) {
			tb.Errorf("it says %q (%s), not %q; because %v", said.Message, said.Hint, word, cause(err))
		}
	}
	w.clean(tb)
}

// clean: nothing is in the store, and no session of a backup in the database.
func (w *world) clean(tb testing.TB) {
	tb.Helper()
	_ = filepath.WalkDir(w.dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			tb.Errorf("left behind: %s", path)
		}
		return nil
	})
	w.alone(tb)
}

// alone: no session, no lock, no snapshot of a backup is left in the database. The server needs a moment to end a session.
func (w *world) alone(tb testing.TB) {
	tb.Helper()
	conn := clustertest.Connect(tb, w.URL.Reveal())
	defer conn.Close(context.Background())
	var left string
	for range 200 {
		left = ask(tb, conn, `SELECT coalesce(string_agg(concat_ws(' ', pid, application_name, state, query), '; '), '') FROM pg_stat_activity
			WHERE application_name LIKE 'dbbot %' AND datname = current_database()`)
		if left == "" {
			break
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
	left += ask(tb, conn, `SELECT coalesce(string_agg(locktype || mode, '; '), '') FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if left != "" {
		tb.Errorf("left behind: %s", left)
	}
}

func ask(tb testing.TB, conn *pgx.Conn, sql string, args ...any) (text string) {
	tb.Helper()
	if err := conn.QueryRow(tb.Context(), sql, args...).Scan(&text); err != nil {
		tb.Fatal(err)
	}
	return text
}

// open gives the bytes of a stored file, as pg_dump gave them.
func (w *world) open(tb testing.TB, id backup.ID, f backup.File) io.Reader {
	tb.Helper()
	from, err := w.Store.Get(tb.Context(), id.Path(f.Name))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { from.Close() })
	var r io.Reader = from
	if f.Age {
		if r, err = age.Decrypt(r, w.identity); err != nil {
			tb.Fatal(err)
		}
	}
	if f.Zstd {
		packed := zstd.NewReader(r)
		tb.Cleanup(func() { packed.Close() })
		r = packed
	}
	return r
}

// restore brings an archive back into a new database with pg_restore, and gives its URL.
func (w *world) restore(tb testing.TB, m backup.Manifest) string {
	tb.Helper()
	url := clustertest.Database(tb)
	w.restoreInto(tb, m, url)
	return url
}

func (w *world) restoreInto(tb testing.TB, m backup.Manifest, url string) {
	tb.Helper()
	p, err := client.Find(m.Server.Major)
	if err != nil {
		tb.Fatal(err)
	}
	c := client.Call{Path: p.Restore, Args: []string{"--exit-on-error"}, URL: ops.Secret(url), Stdin: w.open(tb, m.ID, m.Archive)}
	if m.Archive.Format == "directory" {
		dir := tb.TempDir()
		untar := exec.Command("tar", "-x", "-C", dir)
		untar.Stdin = c.Stdin
		if out, err := untar.CombinedOutput(); err != nil {
			tb.Fatalf("%v: %s", err, out)
		}
		c.Args, c.Stdin = append(c.Args, dir+"/archive"), nil
	}
	if err := client.Run(tb.Context(), c); err != nil {
		tb.Fatal(err)
	}
}

// rows counts what a database holds, table by table.
func rows(tb testing.TB, url string, tables ...string) (all []string) {
	tb.Helper()
	conn := clustertest.Connect(tb, url)
	defer conn.Close(context.Background())
	for _, table := range tables {
		all = append(all, ask(tb, conn, "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM "+table+" t"))
	}
	return all
}

func readManifest(tb testing.TB, w *world, id backup.ID) (m backup.Manifest) {
	tb.Helper()
	from, err := w.Store.Get(tb.Context(), id.Path(backup.ManifestFile))
	if err != nil {
		tb.Fatal(err)
	}
	defer from.Close()
	var text bytes.Buffer
	_, err = io.Copy(&text, from)
	if err = cmp.Or(err, json.Unmarshal(text.Bytes(), &m)); err != nil {
		tb.Fatal(err)
	}
	return m
}
