package inventory

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/backup"
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Run(m)) }

//go:embed testdata/rich.sql
var rich string

// programs are PostgreSQL's own, of the server's version.
func programs(tb testing.TB) client.Programs {
	tb.Helper()
	server, err := cluster.Find(tb.Context())
	if err != nil {
		tb.Skip(err)
	}
	found, err := client.Find(server.Major)
	if err != nil {
		tb.Skip(err)
	}
	return found
}

func execute(tb testing.TB, program string, args ...string) {
	tb.Helper()
	if out, err := exec.CommandContext(tb.Context(), program, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v: %s", program, err, out)
	}
}

// again gives the URL of a database with what a dump of another one gave.
func again(tb testing.TB, from string, args ...string) string {
	tb.Helper()
	file, to := filepath.Join(tb.TempDir(), "dump"), clustertest.Database(tb)
	execute(tb, programs(tb).Dump, "-Fc", "-f", file, "-d", from)
	execute(tb, programs(tb).Restore, append(args, "-e", "-d", to, file)...)
	return to
}

// inside runs something in a transaction that sees one moment.
func inside(tb testing.TB, database string, do func(pgx.Tx) error) {
	tb.Helper()
	conn := clustertest.Connect(tb, database)
	tx, err := conn.BeginTx(tb.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err == nil {
		err = do(tx)
	}
	if err != nil {
		tb.Fatal(err)
	}
	_ = conn.Close(tb.Context()) // and with it the transaction
}

// read takes the inventory of a database with all hashes.
func read(tb testing.TB, database string) (held backup.Inventory) {
	tb.Helper()
	inside(tb, database, func(tx pgx.Tx) (err error) {
		if held, err = Read(tb.Context(), tx, true, quiet); err == nil {
			err = Hash(tb.Context(), tx, &held, quiet)
		}
		return err
	})
	return held
}

func quiet(int64, int64) {}
