package restore

import (
	"context"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

const (
	// watchEvery is between two looks at how far the rows are; cards are redrawn every two seconds at most.
	watchEvery = time.Second
	// mostJobs is how many sessions restore at once where nobody said: more only helps with disks that few have.
	mostJobs = 4
)

// outside are the failures of pg_restore that say nothing about the backup: the server went, or has no room.
var outside = regexp.MustCompile(`(?i)server closed the connection|terminating connection|could not connect|connection to server|the database system is|` +
	`No space left on device|could not extend file|out of memory|too many clients|remaining connection slots|SSL SYSCALL|lost connection`)

// filling is one run of pg_restore into a database.
type filling struct {
	*scratch
	archive  *archive
	progress Progress
	jobs     int // how many sessions at once

	mu      sync.Mutex
	rows    map[string]int64 // by name in pg_restore's words, of the manifest
	total   int64            // of all rows
	done    int64            // rows of tables that are there
	current string           // the table that a single job copies
	built   int64            // entries after the rows
	toBuild int64
	byID    map[string]entry
}

// fill restores the archive into the scratch database, without what omit names, and stops at the first error.
func (d *scratch) fill(ctx context.Context, a *archive, args []string, omit func(entry) bool, progress Progress) error {
	f := &filling{scratch: d, archive: a, progress: progress, rows: map[string]int64{}, byID: map[string]entry{}, toBuild: count(a.entries, later)}
	for _, t := range a.source.Backup.Contents.Tables {
		f.rows[t.Schema+"."+t.Name] = t.Rows
		f.total += t.Rows
	}
	for _, e := range a.entries {
		f.byID[e.id] = e
	}
	list, err := a.place.keep("list", using(a.entries, omit))
	if err != nil {
		return full(err)
	}
	call := client.Call{
		Path: a.programs.Restore, URL: d.target.URL, Database: d.name, Application: d.target.application(a.source.Backup.ID), Line: f.line,
		Args: append(args, "--exit-on-error", "--verbose", "--use-list="+list),
		Options: []string{ // what is lost with the server is made anew
			client.Setting("synchronous_commit", "off"), client.Setting("default_transaction_read_only", "off"), client.Setting("idle_session_timeout", "0"),
		},
	}
	if f.jobs = 1; !a.streamed {
		if f.jobs, err = d.jobs(ctx); err != nil {
			return err
		}
		call.Args = append(call.Args, "--jobs="+strconv.Itoa(f.jobs))
	}
	watching, stop := context.WithCancel(ctx)
	var over sync.WaitGroup
	over.Go(func() { f.watch(watching) })
	err = a.run(ctx, call, func(int64) {})
	stop()
	over.Wait()
	return err
}

func (t Target) jobs() int {
	if t.Jobs > 0 {
		return t.Jobs
	}
	return min(mostJobs, runtime.NumCPU())
}

// What pg_restore --verbose says of one job, and of several.
var (
	copying  = regexp.MustCompile(`processing data for table "(.*)"$`)
	creating = regexp.MustCompile(`creating (INDEX|CONSTRAINT|FK CONSTRAINT|MATERIALIZED VIEW DATA) `)
	finished = regexp.MustCompile(`finished item (\d+) `)
)

// line takes what pg_restore says it does.
func (f *filling) line(said string) {
	ops.Reached("filling")
	f.mu.Lock()
	defer f.mu.Unlock()
	if found := finished.FindStringSubmatch(said); found != nil {
		e := f.byID[found[1]]
		if e.kind == "TABLE DATA" {
			f.finish(e.schema + "." + e.object())
		} else if count([]entry{e}, later) > 0 {
			f.built++
		}
		return
	}
	if f.jobs == 1 {
		if found := copying.FindStringSubmatch(said); found != nil {
			f.finish(f.current)
			f.current = found[1]
		} else if creating.MatchString(said) {
			f.finish(f.current)
			f.current = ""
			f.built++
		}
	}
}

// finish counts a table's rows as there, once.
func (f *filling) finish(table string) {
	f.done += f.rows[table]
	delete(f.rows, table)
}

// watch tells how far it is: rows of whole tables, and those that are being copied, as the server counts them in a
// session of its own: a question that ends with ctx ends its session. Nothing of it is needed, so faults are silent.
func (f *filling) watch(ctx context.Context) {
	conn, err := pgx.ConnectConfig(ctx, f.config)
	if err != nil {
		return
	}
	defer closeConn(conn)
	for wait(ctx, watchEvery) {
		var copied int64
		_ = conn.QueryRow(ctx, "SELECT coalesce(sum(tuples_processed), 0)::bigint FROM pg_stat_progress_copy WHERE datname = $1", f.name).Scan(&copied)
		f.tell(copied)
	}
}

func (f *filling) tell(copied int64) {
	f.mu.Lock()
	done, built := min(f.done+copied, f.total), f.built
	f.mu.Unlock()
	if done < f.total {
		f.progress("copying rows", done, f.total)
	} else {
		f.progress("building indexes and constraints", built, f.toBuild)
	}
}

// leaveOut says which entries cannot or need not be restored here; the notes say it to people.
type leaveOut struct {
	extensions map[string]bool // that cannot be made here
	roles      map[string]bool // that are missing here
	strangers  map[string]bool // roles of which ours is no member
	super      bool
	scratch    bool
	publishing bool // publications are left out: one belongs to a stranger
}

func (l leaveOut) omit(e entry) bool {
	switch e.kind {
	case "EXTENSION":
		return l.extensions[e.object()]
	case "COMMENT":
		kind, _ := kindOf(e.name)
		return kind == "EXTENSION" || l.omit(entry{kind: kind}) // making an extension writes its comment, and only its owner may
	case "SUBSCRIPTION", "SUBSCRIPTION TABLE": // two databases would take the same changes
		return true
	case "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA":
		return l.scratch || l.publishing
	case "EVENT TRIGGER":
		return !l.super
	case "DEFAULT ACL":
		return !l.super && l.scratch
	case "POLICY", "USER MAPPING":
		return l.scratch && len(l.roles) > 0
	}
	return false
}

// of an archive: what can be said only with its table of contents.
func (l *leaveOut) of(all []entry) {
	for _, e := range all {
		l.publishing = l.publishing || e.kind == "PUBLICATION" && !l.super && l.strangers[e.owner()]
	}
}

// notes say what was left out of an archive, a sentence each.
func (l leaveOut) notes(all []entry) (notes []string) {
	for _, e := range all {
		switch name := ops.Printable(e.object(), 63); {
		case !l.omit(e):
		case e.kind == "EXTENSION":
			notes = append(notes, "Not restored: the extension "+name+", which this role cannot create here.")
		case e.kind == "EVENT TRIGGER":
			notes = append(notes, "Not restored: the event trigger "+name+", which only a superuser may create.")
		case e.kind == "PUBLICATION" && !l.scratch:
			notes = append(notes, "Not restored: the publication "+name+", as one of the publications is of a role that ours is no member of.")
		case e.kind == "SUBSCRIPTION":
			notes = append(notes, "Not restored: the subscription "+name+", so that no two databases take the same changes.")
		case e.kind == "POLICY":
			notes = append(notes, "Not restored: the policy "+ops.Printable(e.name, 130)+", since not all roles of this backup are here.")
		case e.kind == "USER MAPPING":
			notes = append(notes, "Not restored: a user mapping, since not all roles of this backup are here.")
		}
	}
	return notes
}

// expected is what of the manifest must be there when that was left out.
func (l leaveOut) expected(held backup.Inventory, all []entry, sameMajor bool) backup.Inventory {
	want := held
	want.Objects, want.Digests = map[string]int{}, map[string]string{}
	out := map[string]bool{}
	for _, e := range all {
		if l.omit(e) {
			out[objectKind[e.kind]] = true
		}
	}
	for kind, n := range held.Objects {
		if out[kind] {
			continue
		}
		want.Objects[kind] = n
		if sameMajor {
			want.Digests[kind] = held.Digests[kind]
		}
	}
	want.Extensions = nil
	for _, e := range held.Extensions {
		if !l.extensions[e.Name] {
			want.Extensions = append(want.Extensions, e)
		}
	}
	return want
}

// objectKind is what an inventory calls the entries that may be left out.
var objectKind = map[string]string{"EVENT TRIGGER": "event trigger", "PUBLICATION": "publication", "POLICY": "policy"}
