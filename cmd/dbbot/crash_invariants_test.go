package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// violations looks, with no replica running, at everything that must hold whatever was killed: dbbot's own tables, the
// server's log as a witness that dbbot cannot bribe, the messages in the workspace, and what was left behind.
func (h *house) violations(t *testing.T, state *pgx.Conn) (found []string) {
	t.Helper()
	found = append(found, rows(t, state, "still open: ", `
		SELECT format('#%s is %s', id, state) FROM dbbot.requests WHERE state IN ('pending', 'approved', 'running')`)...)
	found = append(found, rows(t, state, "ran without consent: ", `
		SELECT format('#%s', r.id) FROM dbbot.requests r
		WHERE started IS NOT NULL AND (
			SELECT count(DISTINCT v.member) FROM dbbot.votes v
			WHERE v.request = r.id AND agree AND v.member IN ('U0LEE', 'U0MIA') AND v.member <> r.requester_user) < 1`)...)
	found = append(found, rows(t, state, "started more than once: ", `
		SELECT format('#%s, %s times', request, count(*)) FROM dbbot.audit WHERE event = 'started' GROUP BY request HAVING count(*) > 1`)...)
	found = append(found, h.ranTwice(t)...)
	found = append(found, h.untrue(t, state)...)
	found = append(found, h.wrongCards(t, state)...)
	found = append(found, h.leftBehind(t)...)
	var out, errs strings.Builder
	if code := run(context.WithoutCancel(t.Context()), []string{"audit", "verify", "--config", h.file}, h.world.env, &out, &errs); code != 0 {
		found = append(found, fmt.Sprintf("the audit does not verify (%d): %s%s", code, &out, &errs))
	}
	return found
}

func rows(t *testing.T, conn *pgx.Conn, what, sql string) (found []string) {
	t.Helper()
	answer, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := pgx.CollectRows(answer, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		found = append(found, what+text)
	}
	return found
}

// signalled is the server's own record of the parameters of a signal (ops/postgres, signal.sql): the pid and the deed.
var signalled = regexp.MustCompile(`DETAIL:  .*\$1 = '(\d+)'.*\$6 = 'terminate'`)

// ranTwice reads the server's log: no session may have been signalled twice.
func (h *house) ranTwice(t *testing.T) (found []string) {
	t.Helper()
	times := map[string]int{}
	for line := range strings.Lines(h.witness.String()) {
		if call := signalled.FindStringSubmatch(line); call != nil {
			times[call[1]]++
		}
	}
	for pid, n := range times {
		if n > 1 {
			found = append(found, fmt.Sprintf("session %s was signalled %d times", pid, n))
		}
	}
	if len(times) == 0 {
		found = append(found, "the server's log tells of no signal at all: the witness does not see")
	}
	return found
}

// untrue compares what requests say with the sessions they were about: one that succeeded must be gone.
func (h *house) untrue(t *testing.T, state *pgx.Conn) (found []string) {
	t.Helper()
	return rows(t, state, "said to have succeeded, and is still there: ", `
		SELECT format('#%s', id) FROM dbbot.requests
		WHERE state = 'succeeded' AND EXISTS (
			SELECT FROM pg_stat_activity WHERE pid = split_part(words, ' ', 2)::int AND backend_start < requests.started)`)
}

// wrongCards: every request has one card, which says what became of it and has no button left, but for asking again.
func (h *house) wrongCards(t *testing.T, state *pgx.Conn) (found []string) {
	t.Helper()
	answer, err := state.Query(t.Context(), "SELECT id, state FROM dbbot.requests")
	if err != nil {
		t.Fatal(err)
	}
	type request struct {
		ID    int64
		State string
	}
	all, err := pgx.CollectRows(answer, pgx.RowToStructByPos[request])
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		cards := h.cards(r.ID)
		if len(cards) != 1 {
			found = append(found, fmt.Sprintf("#%d has %d cards", r.ID, len(cards)))
			continue
		}
		if !strings.Contains(cards[0].Text, r.State) || decidable(string(cards[0].Blocks)) {
			found = append(found, fmt.Sprintf("the card of #%d, which is %s, says: %s", r.ID, r.State, cards[0].Text))
		}
	}
	return found
}

// leftBehind: with every replica stopped, no session and no lock of dbbot's may be left on the server.
func (h *house) leftBehind(t *testing.T) (found []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), h.world.databases.server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer closeNow(conn)
	const sql = `
		SELECT format('session %s of %s', pid, application_name) FROM pg_stat_activity WHERE application_name LIKE 'dbbot%'
		UNION ALL SELECT format('advisory lock %s/%s of session %s', classid, objid, pid) FROM pg_locks WHERE locktype = 'advisory'`
	h.until("sessions of dead replicas end", func() bool { return len(rows(t, conn, "", sql)) == 0 })
	return rows(t, conn, "left behind: ", sql)
}
