package pgbackrest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"dbbot/ops"
)

// captured is what pgBackRest 2.45 said of a small cluster.
func captured(t *testing.T, name string) []byte {
	t.Helper()
	said, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func TestParseWhole(t *testing.T) {
	i, err := Parse(captured(t, "whole"), "shop")
	if err != nil || i.Fault != "" || i.Running || len(i.Backups) != 3 {
		t.Fatalf("%+v, %v", i, err)
	}
	const system = "7711216150828427204"
	want := Backup{
		Label: "20261123-041701F", Kind: Full, Started: time.Unix(1795407421, 0).UTC(), Finished: time.Unix(1795407424, 0).UTC(),
		Bytes: 22992589, Stored: 3043479, System: system,
	}
	if got := i.Newest(Full); *got != want {
		t.Errorf("%+v", got)
	}
	for kind, label := range map[Kind]string{Differential: "20261123-041701F_20261123-041705D", Incremental: "20261123-041701F_20261123-041708I"} {
		if got := i.Newest(kind); got.Label != label || got.Kind != kind {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if got := i.Newest(); got.Kind != Incremental {
		t.Errorf("the newest of all: %+v", got)
	}
	if len(i.Archive) != 1 || i.Archive[0] != (Archive{ID: "15-1", Min: "000000010000000000000001", Max: "000000010000000000000006", System: system}) {
		t.Errorf("%+v", i.Archive)
	}
}

func TestParseFaults(t *testing.T) {
	for name, want := range map[string]string{
		"none": "missing stanza path", "empty": "no valid backups",
		"denied": "[PathOpenError] unable to list file info for path '/var/lib/pgbackrest/backup': [13] Permission denied",
	} {
		i, err := Parse(captured(t, name), "shop")
		if err != nil || i.Fault != want || len(i.Backups) != 0 || i.Newest() != nil {
			t.Errorf("%s: %+v, %v", name, i, err)
		}
	}
	if i, err := Parse(captured(t, "empty"), "shop"); err != nil || len(i.Archive) != 1 || i.Archive[0].Max != "" {
		t.Errorf("%+v, %v", i, err)
	}
	// Later versions name a stanza that they cannot read at all like this.
	if i, err := Parse([]byte(`[{"name":"[invalid]","status":{"code":99,"message":"other","lock":{"backup":{"held":true}}}}]`), "shop"); err != nil || i.Fault != "other" || !i.Running {
		t.Errorf("%+v, %v", i, err)
	}
	for said, want := range map[string]string{
		"": "cannot be read", "{}": "cannot be read", "[]": "no stanza shop", `[{"name":"other","status":{"code":0}}]`: "no stanza shop", "[1]": "cannot be read",
	} {
		if _, err := Parse([]byte(said), "shop"); !marked(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", said, err)
		}
	}
}

func marked(err error) bool {
	_, ok := errors.AsType[*ops.Error](err)
	return ok
}

// program is a stand-in for pgBackRest that does what the script says.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pgbackrest")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun(t *testing.T) {
	path, err := filepath.Abs(filepath.Join("testdata", "whole.json"))
	if err != nil {
		t.Fatal(err)
	}
	asked := `[ "$*" = "info --output=json --log-level-console=off --log-level-stderr=error --stanza=shop" ] || { echo "asked for $*" >&2; exit 3; }` + "\n"
	for name, tt := range map[string]struct{ script, want string }{
		"answers":   {asked + "cat '" + path + "'", ""},
		"fails":     {"echo 'ERROR: [029]: unable to find password=swordfish\n\tin file' >&2; exit 29", `pgBackRest failed: ERROR: [029]: unable to find password=***\u000a\u0009in file`},
		"is silent": {"exit 5", "pgBackRest failed: exit status 5"},
		"floods":    {"head -c 40000000 /dev/zero", "What pgBackRest said cannot be read."},
	} {
		t.Run(name, func(t *testing.T) {
			i, err := read(t.Context(), program(t, tt.script), "shop")
			switch {
			case tt.want == "" && (err != nil || len(i.Backups) != 3):
				t.Errorf("%+v, %v", i, err)
			case tt.want != "" && (!marked(err) || fmt.Sprint(err) != tt.want):
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	if _, err := read(t.Context(), "no-such-pgbackrest", "shop"); !marked(err) || err.Error() != "pgBackRest is not installed here." {
		t.Error(err)
	}
}

// One that hangs is ended, with what it started, when the time is over.
func TestRunHangs(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "started")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = os.ReadFile(fifo) // until the program has written into it
		cancel()
	}()
	if _, err := read(ctx, program(t, "sleep 1000 & echo started > '"+fifo+"'; wait"), "shop"); !marked(err) || err.Error() != "pgBackRest did not answer in time." {
		t.Error(err)
	}
}
