package rehearse

import (
	"context"
	"errors"
	"time"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/script"
)

// player runs the files in the scratch database.
type player struct {
	*watcher
	tell func(func(*Trace)) // changes the trace that others may be reading
}

// settle ends whatever a file left behind in the session.
const settle = "DISCARD ALL"

// play runs the steps in their order until one fails. The error is not about the files.
func (p *player) play(ctx context.Context, steps []lint.Parsed) error {
	for i, s := range steps {
		if err := p.exec(ctx, settle); err != nil {
			return err
		}
		why := reaches(s)
		p.tell(func(t *Trace) { t.Steps = append(t.Steps, Step{Refused: why}) })
		if why != "" {
			continue
		}
		at, err := p.file(ctx, s)
		if errors.Is(err, errShared) {
			p.tell(func(t *Trace) { t.Steps[len(t.Steps)-1].Refused = "It changes what all databases of a server share." })
			err = p.exec(ctx, "ROLLBACK")
		}
		if err == nil {
			continue
		}
		if lost(ctx, p.conn, err) {
			return err
		}
		failed := failure(i, at, s, err)
		p.tell(func(t *Trace) { t.Failure = &failed })
		return nil
	}
	return nil
}

// lost: the server did not refuse a statement; somebody stopped it, or the connection broke.
func lost(ctx context.Context, c *pgx.Conn, err error) bool {
	if ctx.Err() != nil || c.IsClosed() || errors.Is(err, errUntold) {
		return true
	}
	said := code(err)
	return said == "" || said == queryCanceled || said == lockNotAvailable
}

// errUntold: what the statement did could not be read.
var errUntold = errors.New("the locks could not be read")

// file runs one file as it will be run, and gives the statement that failed.
func (p *player) file(ctx context.Context, s lint.Parsed) (at int, err error) {
	switch {
	case len(s.Script.Statements) == 0:
		return -1, p.whole(ctx, string(s.Step.File().SQL))
	case s.Script.Mode == script.Transaction:
		return p.transaction(ctx, s.Script.Statements)
	}
	for n, one := range s.Script.Statements {
		if n < s.Step.Skip { // it stands already
			p.add(Statement{})
			continue
		}
		if err := p.each(ctx, one); err != nil {
			return n, err
		}
	}
	if p.conn.PgConn().TxStatus() != 'I' { // what a file leaves open is undone
		return len(s.Script.Statements), p.exec(ctx, "ROLLBACK")
	}
	return 0, nil
}

func (p *player) transaction(ctx context.Context, all []script.Statement) (at int, err error) {
	if err := p.open(ctx); err != nil {
		return 0, err
	}
	for n, one := range all {
		if err := p.traced(ctx, one); err != nil {
			return n, err
		}
	}
	return len(all), p.commit(ctx)
}

// errShared: the transaction has written to what all databases of the server share, in a way that the file does not show.
var errShared = errors.New("the file changes what all databases share")

// sharedSQL finds that. A changed role keeps its catalogue locked; other things bear the mark of the transaction.
// pg_shdepend and its indexes are written to by whatever has an owner.
const sharedSQL = `SELECT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'relation' AND pid = pg_catalog.pg_backend_pid() AND database = 0
		AND mode NOT IN ('AccessShareLock', 'RowShareLock') AND relation NOT IN (1214, 1232, 1233))
	OR EXISTS (SELECT FROM pg_catalog.pg_database WHERE xmin = pg_catalog.pg_current_xact_id_if_assigned()::xid)
	OR EXISTS (SELECT FROM pg_catalog.pg_tablespace WHERE xmin = pg_catalog.pg_current_xact_id_if_assigned()::xid)
	OR EXISTS (SELECT FROM pg_catalog.pg_db_role_setting WHERE xmin = pg_catalog.pg_current_xact_id_if_assigned()::xid)`

// commit keeps what a file did, in the scratch database alone.
func (p *player) commit(ctx context.Context) error {
	if err := p.within(ctx); err != nil {
		return err
	}
	return p.exec(ctx, "COMMIT")
}

// within makes sure that the transaction has changed nothing beyond its database.
func (p *player) within(ctx context.Context) error {
	var beyond bool
	if err := p.conn.QueryRow(ctx, sharedSQL).Scan(&beyond); err != nil {
		return errors.Join(errUntold, err)
	}
	if beyond {
		return errShared
	}
	return nil
}

// each runs a statement of a file that is not one transaction: in the one that the file has begun, in one of its own, or
// in none where PostgreSQL wants none.
func (p *player) each(ctx context.Context, one script.Statement) error {
	inside := p.conn.PgConn().TxStatus() != 'I'
	switch {
	case inside && one.Node.GetTransactionStmt().GetKind() == pg.TransactionStmtKind_TRANS_STMT_COMMIT:
		if err := p.within(ctx); err != nil {
			return err
		}
		return p.untraced(ctx, one)
	case one.Node.GetTransactionStmt() != nil, one.Alone:
		return p.untraced(ctx, one)
	case inside:
		return p.traced(ctx, one)
	}
	if err := p.open(ctx); err != nil {
		return err
	}
	if err := p.traced(ctx, one); err != nil {
		return err
	}
	return p.commit(ctx)
}

func (p *player) open(ctx context.Context) error {
	if err := p.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	return p.before(ctx)
}

func (p *player) traced(ctx context.Context, one script.Statement) error {
	begun := time.Now()
	if err := p.exec(ctx, one.Text); err != nil {
		return err
	}
	took := time.Since(begun)
	if p.conn.PgConn().TxStatus() != 'T' { // a procedure that ends transactions
		p.add(Statement{Took: took})
		return nil
	}
	seen, err := p.after(ctx, truncated(one.Node))
	if err != nil {
		return errors.Join(errUntold, err)
	}
	p.add(Statement{Traced: true, Seen: seen, Took: took})
	return nil
}

// truncated: TRUNCATE gives a table a new file too, but an empty one.
func truncated(n *pg.Node) bool { return n.GetTruncateStmt() != nil }

// untraced runs a statement whose locks are gone when it has ended.
func (p *player) untraced(ctx context.Context, one script.Statement) error {
	begun := time.Now()
	if err := p.exec(ctx, one.Text); err != nil {
		return err
	}
	p.add(Statement{Took: time.Since(begun)})
	if err := p.refresh(ctx); err != nil {
		return errors.Join(errUntold, err)
	}
	return p.before(ctx)
}

// whole runs a file that nobody could take apart, in one transaction where it lets itself.
func (p *player) whole(ctx context.Context, sql string) error {
	if err := p.open(ctx); err != nil {
		return err
	}
	begun := time.Now()
	if err := p.exec(ctx, sql); err != nil {
		return err
	}
	if p.conn.PgConn().TxStatus() != 'T' {
		return nil
	}
	seen, err := p.after(ctx, false)
	if err != nil {
		return errors.Join(errUntold, err)
	}
	took := time.Since(begun)
	p.tell(func(t *Trace) { t.Steps[len(t.Steps)-1].Whole = &Statement{Traced: true, Seen: seen, Took: took} })
	return p.commit(ctx)
}

func (p *player) add(s Statement) {
	p.tell(func(t *Trace) {
		last := &t.Steps[len(t.Steps)-1]
		last.Statements = append(last.Statements, s)
	})
}

// exec runs SQL exactly as it is, and throws its rows away as they come.
func (p *player) exec(ctx context.Context, sql string) error {
	results := p.conn.PgConn().Exec(ctx, sql)
	for results.NextResult() {
		rows := results.ResultReader()
		for rows.NextRow() {
		}
	}
	return results.Close()
}
