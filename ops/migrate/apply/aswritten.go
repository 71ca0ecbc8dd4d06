package apply

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// asWritten sends a file as it is, in one message: it begins and ends its own transactions, or could not be taken
// apart. Nothing of it stands where the server answered with an error before any COMMIT: PostgreSQL makes one
// transaction of a message of several statements.
func (r *run) asWritten(ctx context.Context, _ int, p Prepared) (f Failure, err error) {
	r.say(p, 0, "running the file as written")
	err = r.patiently(ctx, p, 0, func() (undone bool, err error) {
		var tags []string
		err = r.watched(ctx, func() (err error) {
			tags, err = r.execTags(ctx, string(p.Step.File().SQL))
			return err
		}, func(news string) { r.say(p, 0, news) })
		if status := r.work.PgConn().TxStatus(); err == nil && status != 'I' {
			err = errLeftOpen
		}
		if err == nil {
			return false, nil
		}
		alive := !r.work.IsClosed()
		r.rollBack(ctx)
		f.Statement, f.Applied = len(tags), committed(tags)
		undone = alive && f.Applied == 0 && (answered(err) || errors.Is(err, errLeftOpen)) && (unparsed(err) || !mayCommit(p, tags))
		f.Nothing = undone
		return undone, err
	})
	return f, err
}

// errLeftOpen: what is open when a file ends is undone, as it was never committed.
var errLeftOpen = errors.New("the file leaves its transaction open")

// mayCommit: a single statement may have made transactions of its own (CALL, DO), or leave something behind
// (CONCURRENTLY); beside others it can do neither.
func mayCommit(p Prepared, tags []string) bool { return len(tags) == 0 && len(p.Script.Statements) < 2 }

// unparsed: the server's parser refused the message as a whole, before any of it ran.
func unparsed(err error) bool {
	said, ok := errors.AsType[*pgconn.PgError](err)
	return ok && said.Where == "" && said.InternalQuery == "" && (said.Routine == "scanner_yyerror" || said.Routine == "base_yyparse")
}

// committed counts the statements that ended up in a transaction that was committed; not those that the file took back.
func committed(tags []string) (stand int) {
	open := 0
	for _, tag := range tags {
		open++
		switch {
		case strings.HasPrefix(tag, "COMMIT"), tag == "PREPARE TRANSACTION":
			stand, open = stand+open, 0
		case strings.HasPrefix(tag, "ROLLBACK"):
			open = 0
		}
	}
	return stand
}

// execTags runs SQL in one message, and tells what was answered to its statements.
func (c *Conn) execTags(ctx context.Context, sql string) (tags []string, err error) {
	results := c.work.PgConn().Exec(ctx, sql)
	for results.NextResult() {
		rows := results.ResultReader()
		for rows.NextRow() {
		}
		if tag, err := rows.Close(); err == nil {
			tags = append(tags, tag.String())
		}
	}
	return tags, results.Close()
}

// placeInFile turns the position of an error in a file, in characters from 1, into line and column.
func placeInFile(sql string, position int32) (line, column int) {
	before := []rune(sql)
	if position < 1 || int(position) > len(before)+1 {
		return 0, 0
	}
	text := string(before[:position-1])
	return 1 + strings.Count(text, "\n"), len([]rune(text[strings.LastIndexByte(text, '\n')+1:])) + 1
}
