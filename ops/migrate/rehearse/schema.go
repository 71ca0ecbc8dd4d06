package rehearse

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/client"
	"dbbot/ops/migrate/script"
)

// maxDump bounds the schema of a database, in bytes: 10,000 tables are about 20 MB.
const maxDump = 64 << 20

// maxMissing is how much of what a scratch database lacks is named.
const maxMissing = 8

var errLarge = errors.New("the schema is larger than 64 MB")

// limited keeps up to so many bytes, and fails behind them.
type limited struct {
	bytes.Buffer
	room int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.room -= len(p); l.room < 0 {
		return 0, errLarge
	}
	return l.Buffer.Write(p)
}

// dump reads the schema of the real database, and no row of it. It waits for nobody's lock for long.
func dump(ctx context.Context, o Options, r *real, application string) ([]byte, error) {
	programs, err := client.Find(r.version / 10000)
	if err != nil {
		return nil, err
	}
	out := &limited{room: maxDump}
	err = client.Run(ctx, client.Call{
		Path: programs.Dump, URL: o.URL, Application: application, Stdout: out,
		Args: []string{
			"--schema-only", "--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--no-comments", "--no-security-labels", "--no-subscriptions",
			"--no-tablespaces", "--lock-wait-timeout=" + milliseconds(lockWithin),
		},
	})
	if err != nil {
		return nil, unread(err)
	}
	return out.Bytes(), nil
}

func unread(err error) error {
	if _, marked := errors.AsType[*ops.Error](err); marked {
		return err
	}
	fault := &ops.Error{Message: "The schema could not be read for the rehearsal.", Cause: err}
	if failed, ok := errors.AsType[*client.Failure](err); ok {
		fault.Hint = "pg_dump says: " + ops.Printable(ops.Redact(failed.Said()), 200)
	}
	return fault
}

// lacking is what a scratch database has not, though the real one has.
type lacking struct {
	extensions []string // could not be made here, or reach beyond their database
	objects    []string // everything else, in the server's words
	more       int
}

func (l *lacking) object(words string) {
	if len(l.objects) == maxMissing {
		l.more++
		return
	}
	l.objects = append(l.objects, words)
}

// words of what is missing, for people.
func (l *lacking) words() (all []string) {
	for _, e := range l.extensions {
		all = append(all, "the extension "+ops.Printable(e, nameRunes))
	}
	all = append(all, l.objects...)
	if l.more > 0 {
		all = append(all, ops.Count(l.more, "other thing"))
	}
	return all
}

// fill writes the schema into the scratch database, object by object: what cannot be made there is noted, and the rest
// goes on.
func fill(ctx context.Context, p *place, r *real, s *scratch, schema []byte) (lacking, error) {
	var lacks lacking
	programs, err := client.Find(r.version / 10000)
	if err != nil {
		return lacks, err
	}
	heard := listener{lacks: &lacks}
	err = client.Run(ctx, client.Call{
		Path: programs.Restore, URL: p.url, Database: s.name, Application: s.application(), Stdin: bytes.NewReader(schema), Line: heard.line,
		Args:    []string{"--no-owner", "--no-privileges"},
		Options: []string{client.Setting("synchronous_commit", "off"), client.Setting("statement_timeout", milliseconds(fillWithin)), client.Setting("check_function_bodies", "off")},
	})
	if _, failed := errors.AsType[*client.Failure](err); failed && heard.ignored {
		err = nil
	}
	return lacks, err
}

// listener takes pg_restore's complaints apart: an error, and the command that it is about.
type listener struct {
	lacks   *lacking
	error   string
	ignored bool // it went on after errors
}

var (
	complaint = regexp.MustCompile(`ERROR:\s+(.*)$`)
	extension = regexp.MustCompile(`^CREATE EXTENSION (?:IF NOT EXISTS )?(\S+)`)
	// harmless: what a new database has already, and settings that newer programs make on older servers.
	harmless = regexp.MustCompile(`^schema "public" already exists|^unrecognized configuration parameter`)
)

const aboutCommand = "Command was: "

func (l *listener) line(text string) {
	l.ignored = l.ignored || strings.Contains(text, "errors ignored on restore")
	if m := complaint.FindStringSubmatch(text); m != nil {
		l.error = m[1]
	}
	command, is := strings.CutPrefix(text, aboutCommand)
	if !is || l.error == "" || harmless.MatchString(l.error) {
		return
	}
	if m := extension.FindStringSubmatch(command); m != nil {
		l.lacks.extensions = append(l.lacks.extensions, strings.Trim(m[1], `"`))
	} else {
		l.lacks.object(ops.Printable(script.Redact(command), nameRunes) + " (" + ops.Printable(ops.Redact(l.error), 120) + ")")
	}
	l.error = ""
}

// populate fills the materialised views, which a schema without rows leaves unfit to be read. One may stand on another.
func populate(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `DO $$ DECLARE v oid; BEGIN
		FOR round IN 1..5 LOOP
			FOR v IN SELECT oid FROM pg_class WHERE relkind = 'm' AND NOT relispopulated LOOP
				BEGIN EXECUTE 'REFRESH MATERIALIZED VIEW ' || v::regclass; EXCEPTION WHEN OTHERS THEN END;
			END LOOP;
			EXIT WHEN NOT FOUND;
		END LOOP; END $$`)
	return err
}

// tame takes out of the scratch database what could act beyond it: event triggers, foreign servers, functions and
// extensions that open connections, start programs or write files.
func tame(ctx context.Context, c *pgx.Conn, lacks *lacking) error {
	rows, err := c.Query(ctx, reachingSQL, reachingExtensions, reachingBody)
	if err != nil {
		return err
	}
	var kind, name string
	var drops []string
	_, err = pgx.ForEachRow(rows, []any{&kind, &name}, func() error {
		drops = append(drops, "DROP "+kind+" IF EXISTS "+name+" CASCADE")
		if kind == "EXTENSION" {
			lacks.extensions = append(lacks.extensions, strings.Trim(name, `"`))
		} else {
			lacks.object(strings.ToLower(kind) + " " + ops.Printable(name, 100) + ", which reaches beyond the database")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, sql := range drops {
		if _, err := c.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
