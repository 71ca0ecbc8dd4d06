package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
)

// backendWithin is how long one look at a session may take. It is more than answerWithin: a status under way may have the
// connection first, and in an incident that one is slow.
const backendWithin = 5 * time.Second

// What an error about a session may mean beside its words.
var (
	ErrUnread = errors.New("the database did not answer")                    // it can be tried again
	ErrUnsure = errors.New("whether the signal did its work is not certain") // a person must look
)

// Backend is one session with everything that a plan to end it, or its query, needs.
type Backend struct {
	System   string // identifier of the cluster
	Database string // its name there
	Role     string // as whom dbbot looks, and would signal

	PID         int        `json:"pid"`
	Here        bool       `json:"here"` // it is connected to this database
	Own         bool       `json:"own"`  // dbbot's, of this process or another
	Kind        string     `json:"kind"` // "client backend", "autovacuum worker" …
	Leader      int        `json:"leader"`
	Started     *time.Time `json:"started"`     // nil where it may not be seen
	Transaction *time.Time `json:"transaction"` // nil where none is open
	Asked       *time.Time `json:"query_start"`
	Changed     *time.Time `json:"state_change"`
	User        string     `json:"user"`
	Superuser   bool       `json:"superuser"`
	Application string     `json:"application"`
	Client      string     `json:"client"` // address; "a socket", or empty where it may not be seen
	State       string     `json:"state"`
	Wait        string     `json:"wait"`
	Query       SQL        `json:"query"`
	Wraparound  bool       `json:"wraparound"` // an autovacuum that keeps the database from having to stop
	Signal      bool       `json:"signal"`     // Role may send it one

	Blocked []Wait     // who waits for it, directly or behind others, longest first
	Unseen  *ops.Error // why Blocked is not known; nil where it counts
}

// Backend looks at one session of a database, in one round trip: over url, and once more over migrate_url where only that
// role may end it. Errors are *ops.Error, of ErrUnread where the database did not answer; found is false where no session
// has this pid.
func (r *Reader) Backend(ctx context.Context, name string, pid int) (b Backend, found bool, err error) {
	ctx, d, leave, err := r.enter(ctx, name)
	if err != nil {
		return Backend{}, false, err
	}
	defer leave()
	_, b, err = d.signaller(ctx, pid)
	return b, b.PID != 0, err
}

// enter begins something that Close ends, and waits for.
func (r *Reader) enter(ctx context.Context, name string) (context.Context, *database, func(), error) {
	d, known := r.databases[name]
	if !known {
		return ctx, nil, nil, unknownDatabase(name)
	}
	ctx, cancel := context.WithCancel(ctx)
	r.reads.Add(1)
	apart := context.AfterFunc(d.life, cancel)
	return ctx, d, func() { apart(); cancel(); r.reads.Done() }, nil
}

// signaller looks at a session over the connection whose role may signal it, or over url where none may.
func (d *database) signaller(ctx context.Context, pid int) (*link, Backend, error) {
	b, err := d.backend(ctx, d.own, pid)
	if err != nil || b.PID == 0 || b.reachable() || d.owner == nil {
		return d.own, b, err
	}
	if owners, err := d.backend(ctx, d.owner, pid); err == nil && owners.reachable() && owners.System == b.System && owners.Database == b.Database {
		return d.owner, owners, nil
	}
	return d.own, b, nil
}

// reachable: the role may send it a signal, and see enough of it to address nobody else.
func (b Backend) reachable() bool { return b.Signal && b.Started != nil }

// backend looks at a session over one connection. Its PID is 0 where there is none.
func (d *database) backend(ctx context.Context, l *link, pid int) (Backend, error) {
	var whole struct {
		System, Database, User string
		Backend                *Backend
	}
	var locks Status
	sections := []section{
		{file: "backend", args: [][]byte{[]byte(strconv.Itoa(pid))}},
		at("locks", func(s *Status) *Reading[Locks] { return &s.Locks }),
	}
	var fault error
	err := d.inquire(ctx, l, sections, func(s section, answer []byte, err error) {
		switch {
		case s.file == "locks" && err != nil:
			locks.Locks.Fault = sectionFault(s, whole.User, err)
		case s.file == "locks":
			s.store(&locks, answer, nil)
		case err != nil:
			fault = sectionFault(s, l.config.User, err)
		default:
			if err := json.Unmarshal(answer, &whole); err != nil {
				fault = unexpected(s.file, err)
			}
		}
	})
	if err = cmp.Or(err, fault); err != nil {
		return Backend{}, err
	}
	b := Backend{}
	if whole.Backend != nil {
		b = *whole.Backend
		b.Blocked, b.Unseen = locks.Locks.Value.Behind(pid), locks.Locks.Fault
	}
	b.System, b.Database, b.Role = whole.System, whole.Database, whole.User
	b.utc()
	return b, nil
}

// utc makes the same moment the same bytes, whatever zone the server writes it in.
func (b *Backend) utc() {
	for _, t := range []*time.Time{b.Started, b.Transaction, b.Asked, b.Changed} {
		if t != nil {
			*t = t.UTC()
		}
	}
}

// inquire asks a connection in one round trip. An error means that not everything was heard.
func (d *database) inquire(ctx context.Context, l *link, sections []section, heard func(section, []byte, error)) error {
	ctx, cancel := context.WithTimeout(ctx, backendWithin)
	defer cancel()
	unread := func(fault *ops.Error, err error) error {
		return &ops.Error{Message: fault.Message, Hint: fault.Hint, Cause: errors.Join(ErrUnread, err)}
	}
	if err := l.take(ctx); err != nil {
		return unread(l.unanswered(stageQueued), err)
	}
	defer l.leave()
	err := l.ask(ctx, sections, func(stage) {}, func(s section, _ *pgconn.PgConn, answer []byte, err error) { heard(s, answer, err) })
	if err != nil {
		return unread(l.explain(err), err)
	}
	return nil
}

// Behind lists who waits for a session, directly or because those it waits for do, longest first.
func (l Locks) Behind(pid int) (waits []Wait) {
	held := map[int]bool{pid: true}
	for grown := true; grown; {
		grown = false
		for _, w := range l.Waits {
			if !held[w.PID] && slices.ContainsFunc(w.Blockers, func(b int) bool { return held[b] }) {
				held[w.PID], grown = true, true
				waits = append(waits, w)
			}
		}
	}
	slices.SortStableFunc(waits, func(a, b Wait) int { return cmp.Compare(b.Waited, a.Waited) })
	return waits
}

// Refusal says why a session cannot be ended, or its query cancelled; nil where it can.
func (b Backend) Refusal(s Signal) *ops.Error {
	session := fmt.Sprintf("Session %d", b.PID)
	switch {
	case !b.Here:
		return &ops.Error{Message: session + " is not connected to this database.", Hint: "Name the database that it is connected to; /db locks shows who blocks whom in each."}
	case b.Own:
		return &ops.Error{Message: session + " is dbbot's own.", Hint: "What it runs has a Cancel button on its card: /db requests."}
	case b.Kind == "parallel worker" && b.Leader != 0:
		return &ops.Error{Message: fmt.Sprintf("%s works for session %d.", session, b.Leader), Hint: fmt.Sprintf("Ask for %d instead: its helpers end with it.", b.Leader)}
	case b.Kind == "walsender":
		return &ops.Error{Message: session + " feeds a replica.", Hint: "Whoever runs the replica, or the subscriber, has to stop it there."}
	case b.Wraparound:
		return &ops.Error{Message: session + " is an autovacuum that prevents transaction ids from running out.", Hint: "Ending it would only make it begin again. Let it finish."}
	case b.Kind != "client backend" && b.Kind != "autovacuum worker" && b.Kind != "":
		return &ops.Error{Message: fmt.Sprintf("%s is part of the server: %s.", session, ops.Printable(b.Kind, 60)), Hint: "Only sessions of clients can be ended."}
	case !b.Signal && b.Kind == "autovacuum worker":
		return &ops.Error{Message: fmt.Sprintf("%s is an autovacuum, and dbbot's role %s is no superuser.", session, quoteRole(b.Role)), Hint: "It gives way by itself to whoever waits for its table."}
	case !b.Signal && b.Superuser:
		return &ops.Error{Message: fmt.Sprintf("%s belongs to a superuser, and dbbot's role %s is none.", session, quoteRole(b.Role)), Hint: fmt.Sprintf("A superuser can end it: SELECT pg_%s_backend(%d);", s, b.PID)}
	case !b.Signal:
		return &ops.Error{Message: fmt.Sprintf("dbbot's role %s may not signal sessions of other roles.", quoteRole(b.Role)), Hint: GrantSignal(b.Role)}
	case b.Started == nil:
		return &ops.Error{Message: fmt.Sprintf("dbbot's role %s may not see enough of %s to be sure whom it would hit.", quoteRole(b.Role), session), Hint: Grant(b.Role)}
	case s == CancelQuery && b.State != "active":
		return &ops.Error{Message: session + " runs no query at this moment.", Hint: fmt.Sprintf("/db terminate %d ends the session itself.", b.PID)}
	}
	return nil
}

// GrantSignal is the statement that lets a role end sessions of other roles, but for superusers'.
func GrantSignal(role string) string { return "GRANT pg_signal_backend TO " + quoteRole(role) + ";" }
