package postgres

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// statementTimeout bounds one section, so that a slow one leaves time for the others within answerWithin.
	statementTimeout = time.Second
	// lockTimeout is how long a section may wait for a table that somebody holds (reference: 300 ms). Only the
	// migration table is ever waited for; everything else reads what no lock hides.
	lockTimeout = 300 * time.Millisecond
	// idleTimeout ends our transaction on the server if this process stops in the middle of it.
	idleTimeout = drainWithin
)

// settings hold for the transaction alone: a pooler would refuse them at the start of a session or hand them to
// the next client. The search path keeps names of ours from meaning somebody else's function.
var settings = fmt.Sprintf(`SELECT set_config('statement_timeout', '%d', true), set_config('lock_timeout', '%d', true),
set_config('idle_in_transaction_session_timeout', '%d', true), set_config('search_path', 'pg_catalog', true),
set_config('jit', 'off', true)`,
	statementTimeout.Milliseconds(), lockTimeout.Milliseconds(), idleTimeout.Milliseconds())

const (
	begin    = "BEGIN TRANSACTION READ ONLY"
	mark     = "SAVEPOINT section"
	rewind   = "ROLLBACK TO SAVEPOINT section"
	rollback = "ROLLBACK"
)

// send writes everything at once, each part up to its own sync: the opening, one part a section, the end. A part
// that fails is skipped to its sync; the next begins by going back to the savepoint. Without a transaction that
// fails too, so nothing ever runs outside the limits. Statements are unnamed: transaction poolers pass them on.
func send(p *pgconn.Pipeline, conn *pgconn.PgConn, sections []section) {
	say := func(args [][]byte, statements ...string) {
		for _, sql := range statements {
			p.SendQueryParams(marked(sql), args, nil, nil, nil)
		}
	}
	say(nil, begin, settings, mark)
	p.SendPipelineSync()
	version := major(conn.ParameterStatus("server_version"))
	for _, s := range sections {
		say(nil, rewind)
		say(s.args, s.statements(version)...)
		p.SendPipelineSync()
	}
	say(nil, rollback)
	p.SendPipelineSync()
}

// marked tells a statement of ours from other people's; statements.sql leaves those out. The mark stands behind the
// first word, where pg_stat_statements keeps it.
func marked(sql string) string { return strings.Replace(sql, " ", " /* dbbot */ ", 1) }

// receive flushes what was sent and hears the parts in order. An error means that the connection is lost or that
// there was no transaction; a section's own error goes to heard.
func receive(p *pgconn.Pipeline, sections []section, heard func(section, []byte, error)) error {
	if err := p.Flush(); err != nil {
		return err
	}
	if _, fault, err := part(p); err != nil || fault != nil {
		return errors.Join(err, fault)
	}
	for _, s := range sections {
		answer, fault, err := part(p)
		if err != nil {
			return err
		}
		heard(s, answer, fault)
	}
	_, fault, err := part(p)
	return errors.Join(err, fault)
}

// part reads the results of one part: the value its last statement gave, or the error that stopped it (fault). err
// is a lost connection.
func part(p *pgconn.Pipeline) (answer []byte, fault, err error) {
	for {
		result, err := p.GetResults()
		switch result := result.(type) {
		case *pgconn.PipelineSync:
			return answer, fault, nil
		case *pgconn.ResultReader:
			read := result.Read()
			answer, err = nil, read.Err
			if len(read.Rows) > 0 {
				answer = read.Rows[0][0]
			}
		}
		if err == nil && result == nil {
			return nil, nil, errors.New("the server answered less than it was asked")
		}
		refused, isRefusal := errors.AsType[*pgconn.PgError](err)
		switch {
		case err == nil:
		case !isRefusal || strings.HasPrefix(refused.SeverityUnlocalized, "FATAL"):
			return nil, nil, err
		default:
			fault = refused
		}
	}
}
