package main

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// stopClock keeps minutes from beginning by themselves: what the conversation hears comes in the order in which it says so.
func (c *conversation) stopClock() {
	c.t.Helper()
	stopped := false
	c.eventually("the queue", func(conn *pgx.Conn) error {
		_, err := conn.Exec(c.t.Context(), `CREATE FUNCTION dbbot.later() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN NEW.state = 'scheduled'; NEW.scheduled_at = NEW.scheduled_at + interval '1 day'; RETURN NEW; END $$;
			CREATE TRIGGER later BEFORE INSERT ON dbbot.river_job FOR EACH ROW WHEN (NEW.kind = 'tick' AND NEW.priority = 1) EXECUTE FUNCTION dbbot.later()`)
		stopped = err == nil
		return err
	}, func() bool { return stopped })
}

// timePasses moves the time until which dbbot has seen to something into the past, as if it had not run since, and has it
// look at its clock: what begins with the next minute begins now.
func (c *conversation) timePasses(key, time string) {
	c.t.Helper()
	c.minuteBegins() // it may not have looked yet
	moved := false
	c.eventually("dbbot keeps "+key, func(conn *pgx.Conn) error {
		tag, err := conn.Exec(c.t.Context(), "UPDATE dbbot.schedules SET since = clock_timestamp() - $2::interval, last = NULL WHERE key = $1", key, time)
		moved = tag.RowsAffected() == 1
		return err
	}, func() bool { return moved })
	c.minuteBegins()
}

// minuteBegins wakes whoever looks at the clock, and waits until they have.
func (c *conversation) minuteBegins() {
	c.t.Helper()
	var tick int64
	looked := false
	c.eventually("a look at the clock", func(conn *pgx.Conn) (err error) {
		if tick == 0 {
			err = conn.QueryRow(c.t.Context(), `INSERT INTO dbbot.river_job (args, kind, max_attempts, queue, state, priority)
				VALUES ('{}', 'tick', 1, 'dbbot_clock', 'available', 2) RETURNING id`).Scan(&tick)
		}
		if err == nil {
			err = conn.QueryRow(c.t.Context(), "SELECT finalized_at IS NOT NULL FROM dbbot.river_job WHERE id = $1", tick).Scan(&looked)
		}
		return err
	}, func() bool { return looked })
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
