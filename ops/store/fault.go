package store

import (
	"context"
	"errors"
	"io"
	"net"

	"dbbot/ops"

	"github.com/jackc/pgx/v5/pgconn"
)

// What Open finds wrong by itself.
var (
	errPooler       = errors.New("the connection goes through a pooler")
	errSchemaLocked = errors.New("another process holds the lock of the schema")
	errTooOld       = errors.New("the schema is of a newer version that this one cannot use")
)

// ErrUnsure marks that nobody knows whether a step was kept: the connection broke while it was, and the database could not
// be asked afterwards. What happened shows once it can.
var ErrUnsure = errors.New("it is not known whether the step was kept")

// errSlow marks that a step was given up before it was kept, since the answer would have come too late.
var errSlow = errors.New("too little time left to keep the step")

var pooler = struct{ means, fix string }{
	"is behind a connection pooler", "state.url must lead to PostgreSQL itself: dbbot's locks and notices need sessions that last.",
}

// refusals are what the server says, by SQLSTATE: what it means, and what to do.
var refusals = map[string]struct{ means, fix string }{
	"42P05": pooler, "26000": pooler, // a statement of another client's is there, or ours is not: the server's session changed
	"28P01": {"refused the password", "Correct it in state.url."},
	"28000": {"does not let dbbot in", "pg_hba.conf needs a line for the role of state.url from dbbot's address; without TLS, sslmode=require may do."},
	"3D000": {"has no database of the configured name", "Correct the name at the end of state.url, or CREATE DATABASE."},
	"42501": {
		"does not give dbbot the right to make its tables",
		"As the database's owner: GRANT CREATE ON DATABASE … TO the role of state.url; or CREATE SCHEMA dbbot AUTHORIZATION that role.",
	},
	"53100": {"has no disk space left", "Free space on its disk first; nothing else will help."},
	"53300": {"has no connection slot left", "End sessions that are idle, or raise max_connections."},
	"57P01": {"ended dbbot's session", "It may be restarting: try again in a moment."},
	"57P02": {"is restarting after a crash", "Look at the server's log; it recovers by itself if it can."},
	"57P03": {"is starting up, shutting down or recovering", "Try again in a moment."},
	"25006": {"may only be read", "It is a standby, or default_transaction_read_only is on: state.url must name the primary."},
	"55P03": {"is locked by somebody for longer than dbbot waits", "Try again in a moment."},
	"57014": {"does not answer in time", "Is the machine overloaded, its disk full, or a table locked?"},
	"22021": {"cannot keep a text with a zero byte or a broken character", "Say it without."},
	"23514": {"does not take something that is so long", "Say it shorter."},
	"08P01": {"does not understand the connection's settings", "Behind a pooler? state.url must lead to PostgreSQL itself, since sessions there must last."},
}

// fault turns what went wrong into words for people where the reason is the database. Errors that speak for themselves,
// those of the contract and faults of the program stay as they are.
func fault(err error) error {
	if _, speaks := errors.AsType[*ops.Error](err); speaks {
		return err
	}
	say := func(means, fix string) error {
		return &ops.Error{Message: "dbbot's own database " + means + ".", Hint: fix, Cause: err}
	}
	refused, isRefused := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, errSchemaLocked):
		return say("is being prepared by another dbbot that does not finish", "Look in pg_stat_activity for sessions of application dbbot.")
	case errors.Is(err, errPooler):
		return say(pooler.means, pooler.fix)
	case errors.Is(err, errTooOld):
		return say("was prepared by a newer dbbot, which this version cannot work beside", "Start the newer version here too.")
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return say(refusals["25006"].means, refusals["25006"].fix)
	case isRefused:
		if known, ok := refusals[refused.Code]; ok {
			return say(known.means, known.fix)
		}
		return err
	case errors.Is(err, errSlow), errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		return say("does not answer in time", "Nothing was changed. Is the machine overloaded, its disk full, or the network slow?")
	case errors.Is(err, context.Canceled):
		return err
	case away(err):
		return say("cannot be reached", "Is PostgreSQL up, and do address, DNS and firewall let dbbot through? state.url says where it should be.")
	}
	return err
}

// away says whether the connection broke or there is none: trying again may help.
func away(err error) bool {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch refused.Code {
		case "57P01", "57P02", "57P03", "53300":
			return true
		}
		return false
	}
	if pgconn.Timeout(err) {
		return false
	}
	_, isNetwork := errors.AsType[net.Error](err) // refused and reset connections are
	return isNetwork || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// passing says whether the same step, tried anew, may do better: nothing of it was kept.
func passing(err error) bool {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && (refused.Code == "40001" || refused.Code == "40P01") {
		return true
	}
	return away(err)
}
