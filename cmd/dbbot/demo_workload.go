package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// The workload is what a small shop's database is busy with on an ordinary day, and three things that are not
// ordinary: a session that forgot its transaction, one that waits for it, and a report that takes long. Each session is
// one goroutine with one connection; all of them end with the context.

const (
	contested = 17                     // the order that the forgotten transaction holds and the blocked one wants
	beat      = 250 * time.Millisecond // between two transactions of one session: alive, and hardly any load
	reconnect = time.Second            // before a session that failed is opened again
	lunch     = time.Minute            // until the session that forgot its transaction is back, after somebody ended it
	cartRows  = 500                    // the traffic's table stays as large as that, however long the demo runs
	slowness  = 90                     // seconds the report takes; it sleeps, so that nobody's laptop gets hot
)

// session is somebody's connection: what it calls itself, where it goes, and what it does until it fails or ends.
type session struct {
	application, database string
	does                  func(ctx context.Context, conn *pgx.Conn) error
}

func sessions() []session {
	return []session{
		{"storefront", "orders", repeatedly(browse)},
		{"storefront", "orders", repeatedly(browse)},
		{"storefront", "orders", idle},
		{"storefront", "orders", idle},
		{"checkout", "orders", repeatedly(buy)},
		{"checkout", "orders", repeatedly(buy)},
		{"support-console", "orders", forget},
		{"warehouse", "orders", wait},
		{"weekly-report", "orders", repeatedly(report)},
		{"dashboard", "reporting", repeatedly(chart)},
		{"dashboard", "reporting", idle},
	}
}

// work keeps all sessions going until ctx ends, and returns when the last one is closed.
func (s *shop) work(ctx context.Context) {
	var all errgroup.Group
	for _, one := range sessions() {
		all.Go(func() error {
			for ctx.Err() == nil {
				_ = s.session(ctx, one) // whatever it was: the server restarts, somebody cancels it from Slack
				pause(ctx, reconnect)
			}
			return nil
		})
	}
	_ = all.Wait() // none of them returns an error
}

func (s *shop) session(ctx context.Context, one session) error {
	config, err := pgx.ParseConfig(s.url(s.owner, one.database).Reveal())
	if err != nil {
		return err
	}
	config.RuntimeParams["application_name"] = one.application
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer closeNow(conn)
	return one.does(ctx, conn)
}

// closeWithin bounds a goodbye to a server that may be gone.
const closeWithin = time.Second

// closeNow says goodbye also when the context that the connection served has ended.
func closeNow(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = conn.Close(ctx) // the connection is given up either way
}

// pause waits, and ends early with ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func repeatedly(once func(context.Context, *pgx.Conn) error) func(context.Context, *pgx.Conn) error {
	return func(ctx context.Context, conn *pgx.Conn) error {
		for ctx.Err() == nil {
			if err := once(ctx, conn); err != nil {
				return err
			}
			pause(ctx, beat/2+rand.N(beat))
		}
		return nil
	}
}

// idle waits until ctx ends, or until somebody ends the session: nothing ever notifies it.
func idle(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.WaitForNotification(ctx)
	return err
}

func browse(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT o.id, o.status, i.quantity, p.name FROM orders o
		JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id WHERE o.customer_id = $1`, 1+rand.IntN(20000))
	return err
}

// buy is a purchase: one in twenty is declined and rolled back.
func buy(ctx context.Context, conn *pgx.Conn) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after a commit
	product := 1 + rand.IntN(600)
	if _, err := tx.Exec(ctx, `INSERT INTO carts (customer_id, product_id) VALUES ($1, $2)`, 1+rand.IntN(20000), product); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE products SET stock = CASE WHEN stock > 0 THEN stock - 1 ELSE 400 END WHERE id = $1`, product); err != nil {
		return err
	}
	if rand.IntN(20) == 0 {
		return tx.Rollback(ctx)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM carts WHERE id <= (SELECT max(id) - $1 FROM carts)`, cartRows); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// forget changes an order, and goes to lunch. Whoever ends the session sees that nobody waits any more; after a while it
// is back, as forgetful as before.
func forget(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "BEGIN"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "UPDATE orders SET status = 'on hold' WHERE id = $1", contested); err != nil {
		return err
	}
	err := idle(ctx, conn)
	pause(ctx, lunch)
	return err
}

// wait wants the same order, after forget had time to take it.
func wait(ctx context.Context, conn *pgx.Conn) error {
	pause(ctx, reconnect)
	_, err := conn.Exec(ctx, "UPDATE orders SET status = 'packed' WHERE id = $1", contested)
	return err
}

// report sorts more than fits its memory, which makes temporary files, and then takes its time.
func report(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "SET work_mem = '512kB'"); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `WITH best AS MATERIALIZED (SELECT order_id, quantity * unit_price AS worth FROM order_items ORDER BY worth DESC)
		SELECT count(*), pg_sleep($1) FROM best`, slowness)
	return err
}

func chart(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SELECT day, sum(revenue) FROM daily_sales GROUP BY day ORDER BY day DESC LIMIT 30")
	return err
}
