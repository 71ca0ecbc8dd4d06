// Package postgres is everything dbbot reads from a PostgreSQL server: the status of a database in one round trip,
// and the judgement of it against thresholds. It changes no data; the one thing it does is to ask a session to end, or its
// query to stop (signal.go). It may import ops and pgx.
package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"dbbot/ops"
)

// Tool names what migrates a database, as the configuration says it.
type Tool string

// The two tools whose state can be read.
const (
	GolangMigrate Tool = "golang-migrate"
	Prisma        Tool = "prisma"
)

// Database is one that can be read.
type Database struct {
	Target     ops.Target
	URL        ops.Secret // a role with pg_monitor is enough
	MigrateURL ops.Secret // optional: reads the migration table where URL may not
	Migrations Tool       // empty where no tool is configured
	Thresholds Thresholds // the zero value stands for DefaultThresholds
}

// Reader reads databases. It keeps one connection open to each, so that it still answers when the server has no
// slot left. Its methods are safe for concurrent use.
type Reader struct {
	databases map[string]*database
	stop      context.CancelFunc
	reads     sync.WaitGroup
}

// database is a Database with what is remembered between looks.
type database struct {
	Database
	log      *slog.Logger
	own      *link
	owner    *link // over MigrateURL; nil where none is configured
	sections []section
	memory   memory
	life     context.Context // ends with the Reader

	mu     sync.Mutex
	look   *look // the look under way; joined by everybody who asks meanwhile
	denied bool  // URL may not read the migration table: ask over MigrateURL
}

// Open prepares a reader; it does no I/O. An unparseable URL is an *ops.Error that does not hold the URL.
func Open(databases []Database, log *slog.Logger) (*Reader, error) {
	life, stop := context.WithCancel(context.Background())
	r := &Reader{databases: map[string]*database{}, stop: stop}
	for _, d := range databases {
		opened, err := open(life, d, log)
		if err != nil {
			stop()
			return nil, err
		}
		r.databases[d.Target.Database] = opened
	}
	return r, nil
}

func open(life context.Context, d Database, log *slog.Logger) (*database, error) {
	own, err := newLink(d.URL, d.Target.Database, "url")
	if err != nil {
		return nil, err
	}
	opened := &database{Database: d, log: log, own: own, life: life, sections: sectionsFor(d.Migrations)}
	if d.Thresholds == (Thresholds{}) {
		opened.Thresholds = DefaultThresholds()
	}
	if d.MigrateURL != "" {
		opened.owner, err = newLink(d.MigrateURL, d.Target.Database, "migrate_url")
	}
	return opened, err
}

// Status reads a database, or joins a reading that is under way. It never fails and never takes longer than two
// seconds or ctx: what could not be read is said in its place.
func (r *Reader) Status(ctx context.Context, name string) Status {
	d, found := r.databases[name]
	if !found {
		return Status{Target: ops.Target{Database: name}, Down: unknownDatabase(name)}
	}
	return d.join(&r.reads).wait(ctx)
}

// Locks reads who waits for whom, and whose answer that is: Server and Locks of a status and nothing else, in one round
// trip. It joins a whole look that is under way. Like Status it never fails.
func (r *Reader) Locks(ctx context.Context, name string) Status {
	d, found := r.databases[name]
	if !found {
		return Status{Target: ops.Target{Database: name}, Down: unknownDatabase(name)}
	}
	return d.glance(&r.reads, "server", "locks").wait(ctx)
}

// Pong is a server's sign of life.
type Pong struct {
	Version string
	Replica bool
	Took    time.Duration
}

// Ping asks a database for a sign of life. It also opens the connection that is then kept, so that whoever pings
// from time to time has an answer on the day when no slot is free. Errors are *ops.Error.
func (r *Reader) Ping(ctx context.Context, name string) (Pong, error) {
	d, found := r.databases[name]
	if !found {
		return Pong{}, unknownDatabase(name)
	}
	s := d.glance(&r.reads, "server").wait(ctx)
	if s.Down != nil {
		return Pong{}, s.Down
	}
	return Pong{Version: s.Server.Value.Version, Replica: s.Server.Value.Replica, Took: s.Took}, nil
}

// Close ends what is being read and closes the connections.
func (r *Reader) Close() {
	r.stop()
	r.reads.Wait()
	for _, d := range r.databases {
		d.own.close()
		if d.owner != nil {
			d.owner.close()
		}
	}
}

func unknownDatabase(name string) *ops.Error {
	return &ops.Error{Message: fmt.Sprintf("No database called %q is configured.", ops.Printable(name, 60))}
}
