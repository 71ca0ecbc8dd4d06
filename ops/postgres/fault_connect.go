package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
)

// parseFault says that a URL cannot be understood. Nothing of the URL is in it, nor of pgx's error: both may hold
// the password, in places that no pattern finds.
func parseFault(database, field string, url ops.Secret, err error) *ops.Error {
	fault := &ops.Error{
		Message: fmt.Sprintf("The %s of database %q cannot be understood.", field, ops.Printable(database, 60)),
		Hint: "It has the form postgres://user:password@host:5432/name?sslmode=verify-full. In user and password, " +
			"characters other than letters and digits are written as % and two hex digits: @ is %40, / is %2F, : is %3A.",
	}
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		fault.Message = fmt.Sprintf("The %s of database %q names a file that cannot be read.", field, ops.Printable(database, 60))
		fault.Hint = "Look at sslrootcert, sslcert and sslkey: " + file.Err.Error() + "."
	} else if !strings.Contains(url.Reveal(), "://") {
		fault.Hint = "Write it as postgres://user:password@host:5432/name; in the other form, host=… user=…, a value with blanks stands in 'quotes'."
	}
	return fault
}

// stage is how far an unanswered question came.
type stage int

const (
	stageQueued stage = iota // another question has the connection
	stageDialling
	stageAsking
)

// unanswered is what is said while nobody has answered.
func (l *link) unanswered(at stage) *ops.Error {
	fault := &ops.Error{
		Message: fmt.Sprintf("%s does not answer.", l.name()),
		Hint: "Its server took the connection and then said nothing. Is the machine overloaded, its disk full, the " +
			"process stopped, or every connection of a pooler in use?",
	}
	if at == stageDialling && !l.reached.Load() {
		fault.Message = fmt.Sprintf("%s cannot be reached.", l.name())
		fault.Hint = "Nobody takes the connection. Is the machine up, and do firewall and network let dbbot through?"
	}
	return fault
}

func (l *link) name() string { return ops.Printable(l.database, 60) }

// refusals are what a server says at the door, by SQLSTATE: what it means, and what to do.
var refusals = map[string]struct{ means, fix string }{
	"28P01": {"refused dbbot's password", "Set the password of role %[1]s in the configured URL, or ALTER ROLE %[1]s PASSWORD …"},
	"28000": {"does not let dbbot in", "pg_hba.conf needs a line for role %[1]s from dbbot's address, or the role may not log in. Without TLS? Then sslmode=require may do."},
	"3D000": {"has no database of the configured name", "Correct the name at the end of the URL, or CREATE DATABASE."},
	"42501": {"does not let dbbot into this database", "GRANT CONNECT ON DATABASE … TO %[1]s;"},
	"53300": {"has no connection slot left", "End sessions that are idle, put a pooler in front of the applications, or raise max_connections. dbbot keeps its own slot once it has one."},
	"57P01": {"was shut down or ended dbbot's session", "Try again in a moment."},
	"57P02": {"is restarting after a crash", "Look at the server's log; it recovers by itself if it can."},
	"57P03": {"is starting up, shutting down or recovering", "Try again in a moment; a long recovery shows in the server's log."},
	"08P01": {"does not understand the connection's settings", "Behind a pooler, keep options and unusual parameters out of the URL."},
	noRole:  {"does not know dbbot's role", "Correct the user in the URL, or CREATE ROLE %[1]s LOGIN PASSWORD …; a pooler has a list of its own."},
	full:    {"has no connection left in its pooler", "End clients that are idle, or raise max_client_conn or the pool's size in the pooler."},
	alone:   {"has a pooler that does not reach its server", "Is PostgreSQL up, and does the pooler have the right address and password? The pooler's log says more."},
	"53100": {"has no disk space left", "Free space on its disk first; nothing else will help."},
	"53200": {"has no memory left", "Look for the session or the setting that takes it."},
}

// What the text of a refusal says where its SQLSTATE does not.
const (
	noRole = "no such role"
	full   = "pooler full"
	alone  = "pooler alone"
)

// wordings tell refusals of one SQLSTATE apart. PgBouncer up to 1.18 says 08P01 whatever it means, also for what the
// server told it; newer ones still do for some.
var wordings = []struct {
	code  string
	text  *regexp.Regexp
	means string
}{
	{"28000", regexp.MustCompile(`^role ".*" does not exist$`), noRole},
	{"08P01", regexp.MustCompile(`authentication failed`), "28P01"},
	{"08P01", regexp.MustCompile(`no such user|^role ".*" does not exist$`), noRole},
	{"08P01", regexp.MustCompile(`no such database|^database ".*" does not exist$`), "3D000"},
	{"08P01", regexp.MustCompile(`max_client_conn|query_wait_timeout`), full},
	{"08P01", regexp.MustCompile(`server login|server_login|server down`), alone},
}

// refusal is what the server or its pooler said, as a key of refusals; empty where nobody said anything.
func refusal(err error) string {
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	for _, w := range wordings {
		if w.code == said.Code && w.text.MatchString(said.Message) {
			return w.means
		}
	}
	return said.Code
}

// explain says why there is no connection, or no more.
func (l *link) explain(err error) *ops.Error {
	say := func(means, fix string) *ops.Error {
		return &ops.Error{Message: l.name() + " " + means + ".", Hint: fix, Cause: err}
	}
	if known, ok := refusals[refusal(err)]; ok {
		fix := known.fix
		if strings.Contains(fix, "%") {
			fix = fmt.Sprintf(fix, quoteRole(l.config.User))
		}
		return say(known.means, fix)
	}
	if code := sqlState(err); code != "" {
		return say("refused the connection (SQLSTATE "+code+")", "dbbot's log has the server's message.")
	}
	if tlsFault := l.explainTLS(err); tlsFault != nil {
		return tlsFault
	}
	lookup, isLookup := errors.AsType[*net.DNSError](err)
	switch {
	case isLookup && lookup.IsNotFound:
		return say("cannot be found: the host in its URL has no address", "Correct the host name, or look at the DNS of the machine that runs dbbot.")
	case isLookup:
		return say("cannot be found: DNS does not answer", "Look at the DNS of the machine that runs dbbot.")
	case errors.Is(err, syscall.ECONNREFUSED):
		return say("is not there: nothing listens at the address in its URL", "Start PostgreSQL, or correct host and port.")
	case errors.Is(err, os.ErrNotExist):
		return say("is not there: its socket file does not exist", "Start PostgreSQL, or correct the directory in the URL.")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return say("cannot be reached: there is no route to it", "Look at network and firewall between dbbot and the server.")
	case errors.Is(err, errSilent), errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		fault := l.unanswered(stageDialling)
		fault.Cause = err
		return fault
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return say("broke the connection off", "Was the server restarted? Does something else listen at that port?")
	}
	return say("could not be asked", "dbbot's log has the cause.")
}

// explainTLS is nil where the fault is not about TLS.
func (l *link) explainTLS(err error) *ops.Error {
	say := func(means, fix string) *ops.Error {
		return &ops.Error{Message: l.name() + " " + means + ".", Hint: fix, Cause: err}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return say("shows a certificate that nobody known has signed", "Give the authority's certificate as sslrootcert in the URL.")
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return say("shows a certificate for another host", "Use the host name that is in the certificate.")
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return say("shows a certificate that is not valid today", "Renew the server's certificate, or set the clock.")
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return say("does not speak TLS at that port", "Correct the port, or the sslmode of the URL.")
	}
	if strings.Contains(err.Error(), "server refused TLS connection") { // pgconn has no type for it
		return say("does not offer TLS", "Turn ssl on at the server; sslmode=disable is for loopback only.")
	}
	return nil
}
