package main

import (
	"context"
	"regexp"
	"strconv"
	"testing"
	"time"

	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5"
)

// transaction is an application's connection to a sample database, in the middle of a transaction.
type transaction struct {
	conn  *pgx.Conn
	watch *pgx.Conn // another one, that sees whether it is there
	pid   int
}

func (c *conversation) startSession(database string) *transaction {
	c.t.Helper()
	url := c.world.databases.application(database)
	s := &transaction{conn: clustertest.Connect(c.t, url), watch: clustertest.Connect(c.t, url)}
	if err := s.conn.QueryRow(c.t.Context(), "SELECT pg_backend_pid()").Scan(&s.pid); err != nil {
		c.t.Fatal(err)
	}
	if _, err := s.conn.Exec(c.t.Context(), "BEGIN; UPDATE schema_migrations SET dirty = dirty"); err != nil {
		c.t.Fatal(err)
	}
	return s
}

// block lets another session wait for it, and returns once that one does. The conversation's end ends its wait.
func (s *transaction) block(c *conversation) {
	c.t.Helper()
	other := clustertest.Connect(c.t, s.watch.Config().ConnString())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = other.Exec(ctx, "UPDATE schema_migrations SET dirty = dirty") // its end is the conversation's
	}()
	c.t.Cleanup(func() { cancel(); <-done })
	for until := time.Now().Add(patience); ; {
		var blocked bool
		err := s.watch.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid)))", s.pid).Scan(&blocked)
		switch {
		case err != nil || time.Now().After(until):
			c.t.Fatalf("%s\nnobody waits: %v", c.line, err)
		case blocked:
			return
		}
	}
}

// is waits, bounded, until the session is there or gone; one that is there is not waited for.
func (s *transaction) is(c *conversation, want string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		var there bool
		if err := s.watch.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", s.pid).Scan(&there); err != nil {
			c.t.Fatalf("%s\n%v", c.line, err)
		}
		if there == (want == "there") {
			return
		}
		if want == "there" {
			c.t.Fatalf("%s\nit is gone", c.line)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

var braces = regexp.MustCompile(`\{(\w+)\}`)

// withPids puts the pids of sessions in the place of their names.
func (c *conversation) withPids(text string) string {
	return braces.ReplaceAllStringFunc(text, func(name string) string {
		s, known := c.sessions[name[1:len(name)-1]]
		if name == "{shop}" {
			return c.world.shop.database
		}
		if !known {
			return name
		}
		return strconv.Itoa(s.pid)
	})
}

func TestWordsOfABlock(t *testing.T) {
	raw := `[{"type":"header","text":{"type":"plain_text","text":"One"}},{"type":"rich_text","elements":[{"type":"text","text":"two"},{"type":"user","user_id":"U1"},{"type":"date","timestamp":7}]}]`
	if got := wordsOf([]byte(raw)); got != "One\ntwo\nU1\n7" {
		t.Errorf("got %q", got)
	}
}
