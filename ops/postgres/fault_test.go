package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

// Whatever is wrong with a URL: nothing of it is in the error, in any form.
func TestParseFaultHoldsNothingOfTheURL(t *testing.T) {
	for _, url := range []string{
		"postgres://bot:swordfish@db:notaport/orders",
		"postgres://bot:sword/swordfish@db:5432/orders",
		"postgres://bot:swordfish%zz@db/orders",
		"postgres://bot:swordfish@db:5432/orders?sslmode=nonsense",
		"postgres://bot:swordfish@[::1/orders",
		"postgres://bot:swordfish@db/orders?connect_timeout=swordfish",
		"host=db user=bot password = swordfish sslmode=nonsense",
		"host=db user=bot password='swordfish",
		"host=db user=bot password=swordfish port=swordfish",
		"swordfish",
		"postgres://bot:swordfish@db/orders?sslmode=verify-full&sslrootcert=/nonexistent/ca.pem",
		"\x00swordfish",
	} {
		_, err := Open([]Database{{Target: ops.Target{Database: "orders"}, URL: ops.Secret(url)}}, slog.New(slog.DiscardHandler))
		marked, ok := errors.AsType[*ops.Error](err)
		if !ok {
			t.Errorf("%q: got %v", url, err)
			continue
		}
		if all := fmt.Sprintf("%v %+v %#v %s %s %v", err, err, marked, marked.Message, marked.Hint, errors.Unwrap(err)); strings.Contains(all, "swordfish") {
			t.Errorf("%q: the password is in %s", url, all)
		}
		if marked.Message == "" || marked.Hint == "" {
			t.Errorf("%q: nothing helpful is said: %+v", url, marked)
		}
		if missing := strings.Contains(url, "nonexistent"); missing != strings.Contains(marked.Hint, "no such file") {
			t.Errorf("%q: the hint is %s", url, marked.Hint)
		}
	}
}

func TestConnectFaults(t *testing.T) {
	c := anyServer(t)
	databaseURL := shop(t, c)
	role(t, databaseURL, "shut_out")
	do(t, clustertest.Connect(t, databaseURL), "ALTER ROLE shut_out NOLOGIN")
	outsider := role(t, databaseURL, "outsider")
	do(t, clustertest.Connect(t, databaseURL), `DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$`)

	for name, test := range map[string]struct{ url, message, hint string }{
		"wrong password":     {as(t, databaseURL, "postgres", "swordfish"), "orders refused dbbot's password.", `ALTER ROLE "postgres" PASSWORD`},
		"no such role":       {as(t, databaseURL, "no`body", "swordfish"), "orders refused dbbot's password.", "Set the password of role \"no`body\""},
		"no such database":   {c.URL("nonesuch"), "orders has no database of the configured name.", "CREATE DATABASE"},
		"may not log in":     {as(t, databaseURL, "shut_out", "swordfish"), "orders does not let dbbot in.", "the role may not log in"},
		"may not connect":    {outsider, "orders does not let dbbot into this database.", `TO "outsider";`},
		"nobody listens":     {"postgres://bot:swordfish@127.0.0.1:1/orders", "orders is not there: nothing listens at the address in its URL.", "Start PostgreSQL"},
		"no such host":       {"postgres://bot:swordfish@db.invalid/orders", "orders cannot be found: ", "DNS"},
		"no socket":          {"postgres:///orders?host=/nonexistent&user=bot&password=swordfish", "orders is not there: its socket file does not exist.", "Start PostgreSQL"},
		"no TLS":             {strings.Replace(databaseURL, "sslmode=disable", "sslmode=require", 1), "orders does not offer TLS.", "Turn ssl on"},
		"not a PostgreSQL":   {"postgres://bot:swordfish@" + listener(t, "HTTP/1.1 400 Bad Request\r\n\r\n") + "/orders?sslmode=disable", "orders could not be asked.", "log"},
		"hangs up":           {"postgres://bot:swordfish@" + listener(t, "") + "/orders?sslmode=disable", "orders broke the connection off.", "restarted"},
		"a setting too many": {databaseURL + "&nonsense=1", "orders refused the connection (SQLSTATE 42704).", "log"},
	} {
		t.Run(name, func(t *testing.T) {
			r := reader(t, Database{URL: ops.Secret(test.url)})
			down := r.Status(t.Context(), "orders").Down
			if down == nil || !strings.HasPrefix(down.Message, test.message) || !strings.Contains(down.Hint, test.hint) {
				t.Fatalf("got %+v", down)
			}
			if shown := down.Message + down.Hint; strings.Contains(shown, "swordfish") || strings.Contains(shown, "127.0.0.1") {
				t.Errorf("too much is said: %s", shown)
			}
			if _, err := r.Ping(t.Context(), "orders"); err == nil || err.Error() != down.Message {
				t.Errorf("a ping says %v", err)
			}
		})
	}
}

// Who takes a connection and then says nothing is told from nobody there, whatever TLS is asked for.
func TestTakenAndSilent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes the connections
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for _, sslmode := range []string{"disable", "prefer", "require"} {
		t.Run(sslmode, func(t *testing.T) {
			t.Parallel()
			r := reader(t, Database{URL: ops.Secret("postgres://bot@" + l.Addr().String() + "/orders?sslmode=" + sslmode)})
			down := r.Status(t.Context(), "orders").Down
			if down == nil || down.Message != "orders does not answer." || !strings.Contains(down.Hint, "took the connection") {
				t.Errorf("got %+v", down)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		r := reader(t, Database{URL: ops.Secret("postgres://bot@" + l.Addr().String() + "/orders")})
		r.databases["orders"].own.config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done() // as with a firewall that drops packets
			return nil, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
		}
		if down := r.Status(t.Context(), "orders").Down; down == nil || down.Message != "orders cannot be reached." {
			t.Errorf("got %+v", down)
		}
	})
}

// Texts as PostgreSQL 15 and PgBouncer 1.18 say them; what a test can provoke is provoked elsewhere.
func TestWordings(t *testing.T) {
	l, err := newLink("postgres://bot@db/orders", "orders", "url")
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[[2]string]string{
		{"28000", `role "bot" does not exist`}:                        "orders does not know dbbot's role.",
		{"28000", `role "bot" is not permitted to log in`}:            "orders does not let dbbot in.",
		{"28000", `no pg_hba.conf entry for host "::1", user "bot"`}:  "orders does not let dbbot in.",
		{"08P01", "no such user: bot"}:                                "orders does not know dbbot's role.",
		{"08P01", "SASL authentication failed"}:                       "orders refused dbbot's password.",
		{"08P01", "no more connections allowed (max_client_conn)"}:    "orders has no connection left in its pooler.",
		{"08P01", "query_wait_timeout"}:                               "orders has no connection left in its pooler.",
		{"08P01", "client_login_timeout (server down)"}:               "orders has a pooler that does not reach its server.",
		{"08P01", "server login has been failing, try again later"}:   "orders has a pooler that does not reach its server.",
		{"08P01", "unsupported startup parameter: search_path"}:       "orders does not understand the connection's settings.",
		{"08006", `connection lost; password authentication failed?`}: "orders refused the connection (SQLSTATE 08006).",
	} {
		down := l.explain(&pgconn.PgError{Severity: "FATAL", Code: said[0], Message: said[1]})
		if down.Message != want || strings.Contains(down.Hint, "%!") {
			t.Errorf("%q: got %+v", said, down)
		}
	}
}

// listener takes connections, hears the first bytes, says something and hangs up.
func listener(t *testing.T, says string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024))
			_, _ = io.WriteString(conn, says)
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// Names are the attacker's: what is shown of them is on one line, bounded and visible.
func TestHostileNames(t *testing.T) {
	c := anyServer(t)
	databaseURL := shop(t, c)
	const hostile = "<!channel> <@U1> `x` \u202egnp.exe\n<https://evil|x>"
	plain := role(t, databaseURL, hostile)
	conn := clustertest.Connect(t, plain+"&application_name=%3C%21channel%3E%60%0A%E2%80%AE%3C@U1%3E")
	inBackground(t, conn, "SELECT pg_sleep(600) /* "+hostile+" */ AS \""+hostile+"\" -- "+strings.Repeat("x", 10_000))

	r := reader(t, Database{URL: ops.Secret(databaseURL)})
	s := eventually(t, r, func(s Status) bool { return s.Activity.Value.Active == 1 })
	q := s.Activity.Value.Queries[0]
	if q.User != hostile || len(q.Query) > 1100 || strings.Contains(string(q.Query), "xxx") || !strings.HasPrefix(string(q.Query), `SELECT pg_sleep(?) AS "<!channel>`) {
		t.Errorf("got %+v", q)
	}
	own := reader(t, Database{URL: ops.Secret(plain), Migrations: GolangMigrate})
	s = lookNow(t, own)
	for _, shown := range []string{s.Migrations.Fault.Hint, Grant(s.Server.Value.User)} {
		if strings.ContainsAny(shown, "\n\u202e") {
			t.Errorf("not on one line, or turned: %q", shown)
		}
	}
	long := Grant(strings.Repeat("x", 10_000))
	if len(long) > 200 {
		t.Errorf("a role of 10,000 characters makes %d bytes", len(long))
	}
}
