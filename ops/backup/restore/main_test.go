package restore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/DataDog/zstd"
	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster/clustertest"
)

// thorough says that all shall be tested, which takes minutes: every kill, and damage in every place.
var thorough = os.Getenv("DBBOT_TEST_ALL") != ""

func TestMain(m *testing.M) {
	if todo := os.Getenv(childOf); todo != "" {
		child(todo)
		return
	}
	code := clustertest.Run(m)
	if elsewhere != nil {
		if err := elsewhere.Stop(); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

// memory is a store of a test.
type memory map[string][]byte

func (m memory) Put(_ context.Context, name string, r io.Reader, _ int64) (int64, error) {
	all, err := io.ReadAll(r)
	m[name] = all
	return int64(len(all)), err
}

func (m memory) Get(_ context.Context, name string) (io.ReadCloser, error) {
	all, ok := m[name]
	if !ok {
		return nil, backup.ErrMissing
	}
	return io.NopCloser(bytes.NewReader(all)), nil
}

func (m memory) List(context.Context, string) ([]backup.Object, error) {
	return nil, errors.ErrUnsupported
}

func (m memory) Delete(context.Context, string) error { return errors.ErrUnsupported }

func (m memory) Sweep(context.Context, string, time.Duration) (removed []string, err error) {
	return nil, errors.ErrUnsupported
}

func (m memory) Location() string { return "memory" }

func (m memory) Close() error { return nil }

// taking says how a test takes a backup.
type taking struct {
	zstd, age, directory, hashes bool
}

// taken is a backup of a database, as dbbot takes it, in a store of its own.
func taken(tb testing.TB, url string, how taking) Source {
	tb.Helper()
	conn := clustertest.Connect(tb, url)
	tx, err := conn.BeginTx(tb.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	must(tb, err)
	var m backup.Manifest
	m.Frame, err = inventory.ReadFrame(tb.Context(), tx)
	must(tb, err)
	m.Contents, err = inventory.Read(tb.Context(), tx, true, func(int64, int64) {})
	must(tb, err)
	if how.hashes {
		must(tb, inventory.Hash(tb.Context(), tx, &m.Contents, func(int64, int64) {}))
	}
	must(tb, conn.Close(tb.Context()))
	m.Format, m.Database, m.Started = backup.Format, "orders", time.Now().UTC()
	m.ID = backup.NewID("orders", m.Started)
	raw := dumped(tb, url, m.Server.Major, how)
	s := Source{Store: memory{}, Backup: backup.Backup{Manifest: m}}
	s.keep(tb, raw, how)
	return s
}

// dumped is what pg_dump gives.
func dumped(tb testing.TB, url string, major int, how taking) []byte {
	tb.Helper()
	programs, err := client.Find(major)
	if err != nil {
		tb.Skip(err)
	}
	command := exec.CommandContext(tb.Context(), programs.Dump, "-Fc", "-Z0", "-d", url)
	if how.directory {
		dir := tb.TempDir()
		execute(tb, programs.Dump, "-Fd", "-j2", "-f", dir+"/archive", "-d", url)
		command = exec.CommandContext(tb.Context(), "tar", "-C", dir, "-c", "archive")
	}
	raw, err := command.Output()
	must(tb, err)
	return raw
}

// keep puts an archive into the store, and says so in the manifest.
func (s *Source) keep(tb testing.TB, raw []byte, how taking) {
	tb.Helper()
	f := backup.File{Name: "archive.dump", Raw: int64(len(raw)), Format: "custom", Zstd: how.zstd, Age: how.age}
	if how.directory {
		f.Name, f.Format = "archive.tar", directory
	}
	var err error
	if how.zstd {
		f.Name += ".zst"
		raw, err = zstd.CompressLevel(nil, raw, 1)
		must(tb, err)
	}
	if how.age {
		f.Name += ".age"
		key, err := age.GenerateX25519Identity()
		must(tb, err)
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, key.Recipient())
		must(tb, err)
		_, err = w.Write(raw)
		must(tb, errors.Join(err, w.Close()))
		raw, s.Identity = sealed.Bytes(), ops.Secret(key.String())
		s.Backup.Recipients = []string{key.Recipient().String()}
	}
	f.Size, f.SHA256 = int64(len(raw)), sum(raw)
	s.Backup.Archive = f
	s.Store.(memory)[s.Backup.ID.Path(f.Name)] = raw
}

// stored is the archive as it lies in the store.
func (s Source) stored() []byte { return s.Store.(memory)[s.Backup.ID.Path(s.Backup.Archive.Name)] }

func sum(raw []byte) string {
	all := sha256.Sum256(raw)
	return hex.EncodeToString(all[:])
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(explained(err))
	}
}

// explained is an error with its hidden causes.
func explained(err error) string {
	all := []string{err.Error()}
	for e := errors.Unwrap(err); e != nil; e = errors.Unwrap(e) {
		all = append(all, e.Error())
	}
	return strings.Join(all, " ← ")
}

func execute(tb testing.TB, program string, args ...string) {
	tb.Helper()
	if out, err := exec.CommandContext(tb.Context(), program, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v: %s", program, err, out)
	}
}

func quiet(string, int64, int64) {}

// ask reads one text.
func ask(tb testing.TB, url, sql string) string {
	tb.Helper()
	conn := clustertest.Connect(tb, url)
	var text string
	if err := conn.QueryRow(tb.Context(), sql).Scan(&text); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	_ = conn.Close(context.Background())
	return text
}

// left names what is on the server that should not be; a session that was closed may take a moment to go.
func left(tb testing.TB, url string) (all string) {
	tb.Helper()
	for range 200 {
		if all = ask(tb, url, `SELECT concat_ws(', ', (SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'dbbot%'),
			(SELECT string_agg(application_name, ' ') FROM pg_stat_activity WHERE application_name LIKE 'dbbot%'))`); all == "" {
			break
		}
	}
	return all
}
