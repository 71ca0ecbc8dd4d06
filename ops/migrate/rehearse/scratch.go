package rehearse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
)

// scratchPrefix begins the name of every database that a rehearsal makes. Others whose name begins with dbbot_scratch_ are
// none of ours.
const scratchPrefix = "dbbot_scratch_rehearsal_"

// removeWithin is how long dropping a scratch database may take: the server writes a checkpoint for it.
const removeWithin = 15 * time.Second

// scratch is a database for one rehearsal.
type scratch struct {
	maker *pgx.Conn // in another database of the server; it holds the lock that says that somebody lives
	name  string
	id    string // of the rehearsal, in names of sessions
}

// application is the name of all sessions of a rehearsal.
func (s *scratch) application() string { return "dbbot rehearsal " + s.id }

func newID() string { return strings.ToLower(rand.Text()[:12]) }

// living is the key of the advisory lock that is held for as long as somebody uses a scratch database.
func living(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // gives no error
	return int64(h.Sum64())      //nolint:gosec // any number will do
}

// comment says to whoever finds the database what it is.
func comment(o Options, now time.Time) string {
	return fmt.Sprintf("dbbot rehearsal of migrations of %s, begun %s. It may be dropped when nobody is connected to it.",
		ops.Printable(o.Name, nameRunes), now.UTC().Format("2006-01-02 15:04 UTC"))
}

// make creates the database: of the encoding and the locale of the real one, or as a copy with its rows.
func (s *scratch) make(ctx context.Context, o Options, like locale, template string) error {
	if _, err := s.maker.Exec(ctx, "SELECT pg_advisory_lock($1)", living(s.name)); err != nil { // nobody else has a key of random letters
		return err
	}
	err := s.create(ctx, like, template)
	if err != nil {
		return err
	}
	var now time.Time
	if err := s.maker.QueryRow(ctx, "SELECT now()").Scan(&now); err != nil {
		return err
	}
	quoted := pgx.Identifier{s.name}.Sanitize()
	_, err = s.maker.Exec(ctx, "COMMENT ON DATABASE "+quoted+" IS "+literal(comment(o, now))+"; REVOKE ALL ON DATABASE "+quoted+" FROM PUBLIC",
		pgx.QueryExecModeSimpleProtocol)
	return err
}

func (s *scratch) create(ctx context.Context, like locale, template string) error {
	make := "CREATE DATABASE " + pgx.Identifier{s.name}.Sanitize() + " TEMPLATE "
	if template != "" {
		_, err := s.maker.Exec(ctx, make+pgx.Identifier{template}.Sanitize())
		return err
	}
	make += "template0"
	_, err := s.maker.Exec(ctx, make+" ENCODING "+literal(like.Encoding)+" LC_COLLATE "+literal(like.Collate)+" LC_CTYPE "+literal(like.Ctype))
	if code(err) == invalidLocale || code(err) == wrongObjectType { // this server does not have it: sorting matters little here
		_, err = s.maker.Exec(ctx, make)
	}
	return err
}

// remove drops the database, over a new connection where the old one is gone.
func (s *scratch) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	if s.maker.IsClosed() {
		again, err := pgx.ConnectConfig(ctx, s.maker.Config())
		if err != nil {
			return err
		}
		s.maker = again
	}
	_, err := s.maker.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{s.name}.Sanitize()+" WITH (FORCE)")
	_ = s.maker.Close(ctx) // the database is gone already
	return err
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func code(err error) string {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return said.Code
	}
	return ""
}

// SQLSTATEs that mean something of their own here (PostgreSQL, appendix A).
const (
	invalidLocale         = "22023" // also a new encoding that does not fit the locale
	wrongObjectType       = "42809" // a locale that this server does not know
	insufficientPrivilege = "42501"
	objectInUse           = "55006"
	queryCanceled         = "57014"
	lockNotAvailable      = "55P03"
)
