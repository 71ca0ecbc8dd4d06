package dump

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster/clustertest"
)

// What is taken can be restored, and is what the manifest says.
func TestTaken(t *testing.T) {
	for _, test := range []struct {
		name     string
		parallel int
		open     bool
		file     string
	}{
		{"one stream", 0, false, "archive.dump.zst.age"},
		{"not encrypted", 1, true, "archive.dump.zst"},
		{"parallel", 2, false, "archive.tar.zst.age"},
	} {
		t.Run(test.name, func(t *testing.T) {
			url := newDatabase(t, append(shop, "CREATE TABLE schema_migrations (version bigint, dirty bool)", "INSERT INTO schema_migrations VALUES (12, false)")...)
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			w := newWorld(t, url)
			w.Parallel, w.Migrations = test.parallel, "golang-migrate"
			if test.open {
				w.Recipients = nil
			}
			m := w.take(t)
			w.alone(t)
			if read, same := readManifest(t, w, m.ID), asText(t, m); asText(t, read) != same {
				t.Errorf("stored\n%s\nreturned\n%s", asText(t, read), same)
			}
			if m.Archive.Name != test.file || m.Archive.Size == 0 || m.Archive.Raw < m.Archive.Size || m.Snapshot == "" || m.LSN == "" || m.Server.Major != 15 ||
				!strings.HasPrefix(m.Client, "pg_dump (PostgreSQL) 15.") || m.Database != "orders" || m.By != "U0ANA" || m.Passwords == test.open || m.Finished.Before(m.Started) {
				t.Errorf("%+v", m)
			}
			if want := (backup.Migrated{Tool: "golang-migrate", Version: "12"}); m.Migration == nil || *m.Migration != want {
				t.Errorf("%+v", m.Migration)
			}
			w.stored(t, m)
			counted := map[string]int64{}
			for _, table := range m.Contents.Tables {
				counted[table.Schema+"."+table.Name] = table.Rows
			}
			if want := map[string]int64{"public.orders": 2000, "public.empty": 0, "public.bare": 3, `Odd "one".a.b c`: 2, "public.parts_26": 1, "public.schema_migrations": 1}; !reflect.DeepEqual(counted, want) {
				t.Errorf("counted %v", counted)
			}
			tables := []string{"orders", "empty", "bare", `"Odd ""one"""."a.b c"`, "parts", "seen", "pg_largeobject"}
			if got, want := rows(t, w.restore(t, m), tables...), rows(t, url, tables...); !slices.Equal(got, want) {
				t.Errorf("restored %v, had %v", got, want)
			}
		})
	}
}

func asText(t *testing.T, m backup.Manifest) string {
	t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// stored compares the files with their manifest.
func (w *world) stored(t *testing.T, m backup.Manifest) {
	t.Helper()
	for _, f := range []backup.File{m.Archive, *m.Globals} {
		bytes, err := os.ReadFile(filepath.Join(w.dir, m.ID.Path(f.Name)))
		sum := sha256.Sum256(bytes)
		if err != nil || int64(len(bytes)) != f.Size || hex.EncodeToString(sum[:]) != f.SHA256 {
			t.Errorf("%s: %d bytes for %d, %v", f.Name, len(bytes), f.Size, err)
		}
		raw, err := io.ReadAll(w.open(t, m.ID, f))
		if err != nil || int64(len(raw)) != f.Raw {
			t.Errorf("%s: %d bytes inside for %d, %v", f.Name, len(raw), f.Raw, err)
		}
		if f.Name == m.Globals.Name && (!strings.Contains(string(raw), "CREATE ROLE postgres") || strings.Contains(string(raw), "SCRAM-SHA-256") != m.Passwords) {
			t.Errorf("%s", raw)
		}
	}
	objects, err := w.Store.List(t.Context(), "")
	if err != nil || len(objects) != 3 {
		t.Errorf("%+v, %v", objects, err)
	}
}

// A database may be called anything.
func TestHostileNames(t *testing.T) {
	past := clustertest.Database(t)
	for _, name := range []string{"-x", "host=evil port=1", "a'b\"c\\d\n50% two"} {
		clustertest.Exec(t, past, `CREATE DATABASE "`+strings.ReplaceAll(name, `"`, `""`)+`"`)
		w := newWorld(t, at(past, name))
		clustertest.Exec(t, w.URL.Reveal(), "CREATE TABLE here (id int)", "INSERT INTO here VALUES (1)")
		m := w.take(t)
		if m.Server.Catalog != name || len(m.Contents.Tables) != 1 || m.Contents.Tables[0].Rows != 1 || m.Globals == nil {
			t.Errorf("%q: %+v", name, m)
		}
	}
}

// at gives the URL of another database of the server.
func at(url, name string) string {
	before, _, _ := strings.Cut(url, "?")
	escaped := ""
	for _, b := range []byte(name) {
		escaped += "%" + hex.EncodeToString([]byte{b})
	}
	return before[:strings.LastIndex(before, "/")+1] + escaped + strings.TrimPrefix(url, before)
}

// In the middle of a table so is progress.
func TestProgressInTheMiddle(t *testing.T) {
	w := newWorld(t, newDatabase(t, append(large, "ANALYZE")...))
	half := make(chan struct{})
	var once sync.Once
	w.told = func(phase string, done, total int64) {
		if phase == Copying && done > total/100 && done < total*99/100 {
			once.Do(func() { close(half) })
		}
	}
	result, letGo := w.busy(t, t.Context())
	select {
	case <-half:
	case err := <-result:
		t.Fatalf("it ended: %v", err)
	}
	letGo()
	if err := <-result; err != nil {
		t.Error(err)
	}
}

// Progress only ever grows, is told in bytes of tables, and ends with all of it.
func TestProgress(t *testing.T) {
	url := newDatabase(t, shop...)
	w := newWorld(t, url)
	type told struct {
		phase       string
		done, total int64
	}
	var all []told
	_, err := Take(t.Context(), w.Options, func(phase string, done, total int64) { all = append(all, told{phase, done, total}) })
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 || all[0].phase != Copying || all[0].done != 0 || all[len(all)-1].phase != Checking {
		t.Fatalf("%+v", all)
	}
	end := all[len(all)-2]
	if end.phase != Copying || end.done != end.total || end.total < 100000 {
		t.Errorf("%+v", end)
	}
	for i := range all[:len(all)-2] {
		if all[i+1].done < all[i].done {
			t.Errorf("%+v after %+v", all[i+1], all[i])
		}
	}
}

func TestShares(t *testing.T) {
	for _, test := range []struct {
		one         weight
		rows, bytes int64
		want        float64
	}{
		{weight{bytes: 100, rows: 200}, 50, 9, 0.25},
		{weight{bytes: 100, rows: 200}, 400, 9, 0.99},
		{weight{bytes: 100, rows: -1}, 50, 40, 0.4},
		{weight{bytes: 0, rows: -1}, 50, 40, 0},
		{weight{bytes: 100, rows: 200, part: 0.5}, 50, 9, 0.5},
	} {
		if got := test.one.share(test.rows, test.bytes); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	a, b, c := &weight{bytes: 100, started: true}, &weight{bytes: 50, started: true}, &weight{bytes: 7}
	all := &weights{byOID: map[uint32]*weight{1: a, 2: b, 3: c}}
	if got := all.sum(map[*weight]float64{b: 0.5}); got != 125 {
		t.Error(got)
	}
}

// A name may mean several servers: all connections go to the one that the first has found.
func TestOneServerOfMany(t *testing.T) {
	config, err := pgconn.ParseConfig("postgres://app@many.example/shop")
	if err != nil {
		t.Fatal(err)
	}
	config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"192.0.2.1", "192.0.2.2"}, nil }
	pin(config, client.Place{Host: "many.example", Address: "192.0.2.2", Port: 5433})
	for host, want := range map[string][]string{"many.example": {"192.0.2.2:5433"}, "other.example": {"192.0.2.1", "192.0.2.2"}} {
		if got, err := config.LookupFunc(t.Context(), host); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", host, got, err)
		}
	}
}

func TestNamesOfSessionsFit(t *testing.T) {
	for _, id := range []backup.ID{"orders-20261123-030000-7f3a", backup.ID(strings.Repeat("long", 20) + "-20261123-030000-7f3a")} {
		got := application(id)
		if len(got) > 63 || !strings.HasPrefix(got, "dbbot backup ") || !strings.HasSuffix(got, "-20261123-030000-7f3a") {
			t.Error(got)
		}
	}
}

func TestSecretsStayOut(t *testing.T) {
	w := newWorld(t, newDatabase(t))
	w.URL = ops.Secret(clustertest.As(t, w.URL.Reveal(), "postgres", "hunter2"))
	_, err := Take(t.Context(), w.Options, nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "does not let dbbot in") {
		t.Errorf("%v", err)
	}
}
