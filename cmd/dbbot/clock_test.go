package main

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// timePasses moves the time until which dbbot has seen to something into the past, as if it had not run since, and has it
// look at its clock: what begins with the next minute begins now.
func (c *conversation) timePasses(key, time string) {
	c.t.Helper()
	moved := false
	c.eventually("dbbot keeps "+key, func(conn *pgx.Conn) error {
		tag, err := conn.Exec(c.t.Context(), "UPDATE dbbot.schedules SET since = since - $2::interval, last = NULL WHERE key = $1", key, time)
		moved = tag.RowsAffected() == 1
		return err
	}, func() bool { return moved })
	c.minuteBegins()
}

// minuteBegins wakes whoever looks at the clock.
func (c *conversation) minuteBegins() {
	c.t.Helper()
	put := false
	c.eventually("a tick", func(conn *pgx.Conn) error {
		_, err := conn.Exec(c.t.Context(), "INSERT INTO dbbot.river_job (args, kind, max_attempts, queue, state) VALUES ('{}', 'tick', 1, 'dbbot_clock', 'available')")
		put = err == nil
		return err
	}, func() bool { return put })
}

// eventually asks the state database until it has happened.
func (c *conversation) eventually(what string, do func(*pgx.Conn) error, done func() bool) {
	c.t.Helper()
	conn, err := pgx.Connect(c.t.Context(), c.world.state)
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close(c.t.Context())
	for until := time.Now().Add(patience); ; {
		if err = do(conn); err == nil && done() {
			return
		}
		if time.Now().After(until) {
			c.t.Fatalf("%s\n%s did not come: %v\n%s", c.line, what, err, c.world.log)
		}
		time.Sleep(10 * time.Millisecond) // another process is waited for
	}
}
