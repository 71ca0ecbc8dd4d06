package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup/pgbackrest"
)

func TestClusters(t *testing.T) {
	shop := Database{Name: "shop", Backup: &Backup{PgBackRest: &PgBackRest{Stanza: "main"}}}
	day := time.Now().Add(-24 * time.Hour)
	for name, tt := range map[string]struct {
		info pgbackrest.Info
		err  error
		want string // lines, or the fault
	}{
		"well": {pgbackrest.Info{
			Backups: []pgbackrest.Backup{
				{Label: "F_I", Kind: pgbackrest.Incremental, Finished: day.Add(12 * time.Hour), Stored: 1 << 20, Errors: true},
				{Label: "F", Kind: pgbackrest.Full, Finished: day, Stored: 5 << 30},
			},
			Archive: []pgbackrest.Archive{{ID: "14-1"}, {ID: "15-1", Min: "01", Max: "06"}}, Running: true,
		}, nil, "The newest full backup is 1 day old (F, 5 GB stored). The newest incremental backup is 12 h old (F_I, 1 MB stored). Pages in it are damaged. WAL of 15-1 is archived from 01 to 06. A backup runs now."},
		"faulty":        {pgbackrest.Info{Fault: "no valid backups"}, nil, "It says: no valid backups."},
		"not installed": {pgbackrest.Info{}, &ops.Error{Message: "pgBackRest is not installed here."}, "pgBackRest is not installed here."},
		"broken":        {pgbackrest.Info{}, errors.New("swordfish"), "It did not answer."},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			c := newClusters()
			c.read = func(_ context.Context, stanza string) (pgbackrest.Info, error) { asked++; return tt.info, tt.err }
			for range 2 {
				got := c.of(t.Context(), shop)
				if said := strings.Join(append(got.Lines, got.Fault), " "); strings.TrimSpace(said) != tt.want || got.Name != "pgBackRest, stanza main" {
					t.Errorf("%s: %q", got.Name, said)
				}
				if n := tt.info.Newest(); n != nil && !got.Newest.Equal(n.Finished) {
					t.Errorf("newest: %v", got.Newest)
				}
			}
			if want := map[bool]int{true: 1, false: 2}[tt.err == nil]; asked != want {
				t.Errorf("asked %d times, want %d", asked, want)
			}
		})
	}
	if got := newClusters().of(t.Context(), Database{Backup: &Backup{}}); got != nil {
		t.Errorf("%+v", got)
	}
}
