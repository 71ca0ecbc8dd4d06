package dump

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

// sweepWithin bounds a sweep.
const sweepWithin = 2 * time.Minute

// Sweep removes what the backups of lost processes have left: sessions in the database, files in the store without a
// manifest, temporary folders. While another process takes a backup of the database, or migrates it, nothing is touched.
// It says what it found, a few words each.
func Sweep(ctx context.Context, o Options) (left []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, sweepWithin)
	defer cancel()
	conn, _, err := open(ctx, o, prefix+looking, client.Place{})
	if err != nil {
		return nil, err
	}
	defer shut(conn)
	free, err := nobodyElse(ctx, conn)
	if err != nil || !free {
		return nil, err
	}
	sessions, err := sweepSessions(ctx, conn)
	files, unswept := sweepStore(ctx, o)
	folders, unremoved := sweepBeside()
	return append(append(sessions, files...), folders...), errors.Join(err, unswept, unremoved)
}

// nobodyElse takes dbbot's lock, if nobody has it. A backup whose process is gone does not for long: the server ends its sessions
// (lifelines).
func nobodyElse(ctx context.Context, conn *pgx.Conn) (free bool, err error) {
	err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", ops.DatabaseLock).Scan(&free)
	return free, err
}

// sweepSessions ends sessions of backups: who holds the lock is none of them.
func sweepSessions(ctx context.Context, conn *pgx.Conn) (left []string, err error) {
	rows, err := conn.Query(ctx, `WITH lost AS MATERIALIZED (SELECT pid, application_name, coalesce(to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), '?') AS since
			FROM pg_stat_activity WHERE application_name LIKE $1 || '%' AND application_name <> $1 || $2 AND datname = current_database()
				AND pid <> pg_backend_pid() AND usename = current_user)
		SELECT pid, application_name, since FROM lost WHERE pg_terminate_backend(pid)`, prefix, looking)
	if err != nil {
		return nil, err
	}
	var pid int32
	var name, since string
	_, err = pgx.ForEachRow(rows, []any{&pid, &name, &since}, func() error {
		left = append(left, fmt.Sprintf("session %d (%s), there since %s UTC", pid, ops.Printable(name, 63), since))
		return nil
	})
	return left, err
}

// sweepStore removes files of backups that were never completed. The lock says that nobody is about to.
func sweepStore(ctx context.Context, o Options) (left []string, err error) {
	left, err = o.Store.Sweep(ctx, o.Database+"/", 0)
	for i := range left {
		left[i] = "the unfinished upload " + left[i]
	}
	if err != nil {
		return left, err
	}
	objects, err := o.Store.List(ctx, o.Database+"/")
	if err != nil {
		return left, err
	}
	whole := map[string]bool{}
	for _, object := range objects {
		if folder, isManifest := strings.CutSuffix(object.Name, "/"+backup.ManifestFile); isManifest {
			whole[folder] = true
		}
	}
	for _, object := range objects {
		folder, file, _ := strings.Cut(strings.TrimPrefix(object.Name, o.Database+"/"), "/")
		stray := file == "" && strings.HasPrefix(folder, probeName) && time.Since(object.Modified) > 2*tryWithin
		if id := backup.ID(folder); file != "" && id.Database() == o.Database && !whole[id.Folder()] {
			stray = true
		}
		if !stray {
			continue
		}
		if err := o.Store.Delete(ctx, object.Name); err != nil {
			return left, err
		}
		left = append(left, "the file "+object.Name+" of a backup that was never completed")
	}
	return left, nil
}

// probeName begins the names of the files by which a store is tried.
const probeName = "probe-"

func probe(database string) string { return database + "/" + probeName + ops.Reference() }

// waitAlone makes sure that no session of this backup is left: pg_dump's ends with pg_dump, but not before it notices.
func (s *survey) waitAlone() {
	if s.guard == nil || s.guard.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), goneWithin)
	defer cancel()
	for n := 0; ; n++ {
		var left int
		err := s.guard.QueryRow(ctx, `SELECT count(CASE WHEN $2 THEN pg_terminate_backend(pid) ELSE true END) FROM pg_stat_activity
			WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user`, s.name, n > patientLooks).Scan(&left)
		if err != nil || left == 0 || !wait(ctx, firstTry) {
			return
		}
	}
}

const (
	// goneWithin is how long sessions may take to end.
	goneWithin = 5 * time.Second
	// patientLooks is how often sessions are looked for before they are ended: they end in some 30 ms by themselves.
	patientLooks = 10
)
