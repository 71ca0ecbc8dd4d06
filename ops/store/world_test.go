package store

import (
	"crypto/rand"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
)

// The people of the tests: Ana asks, Lee and Mia may agree.
var (
	ana = ops.PersonID{Team: "T0DEMO", User: "U0ANA"}
	lee = approval.Voter{ID: ops.PersonID{Team: "T0DEMO", User: "U0LEE"}, Name: "Lee", Entitled: true}
	mia = approval.Voter{ID: ops.PersonID{Team: "T0DEMO", User: "U0MIA"}, Name: "Mia", Entitled: true}
)

// wish is something that nobody has asked for yet.
func wish(edits ...func(*approval.Request)) func(time.Time) (approval.Move, error) {
	r := approval.Request{
		Key: rand.Text(), Command: "migrate down", Words: "migrate down orders", Risk: ops.Destroy,
		Target: ops.Target{Database: "orders", Environment: "production"}, Server: approval.Server{System: "7123456789012345678", Database: "orders"},
		Requester: ana, Reason: "it blocks checkout", Origin: approval.Place{Channel: "C0ORDERS"},
		Plan: fmt.Appendf(nil, `{"pid": 4242, "nonce": %q}`, rand.Text()), Shown: []byte(`{"Title": "Terminate 4242"}`),
		Terms: approval.Terms{By: []string{"leads"}, Count: 1, Within: time.Hour},
	}
	for _, edit := range edits {
		edit(&r)
	}
	r.Digest = approval.Digest(r.Command, r.Server, r.Plan)
	return func(now time.Time) (approval.Move, error) { return approval.New(r, now) }
}

func consentless(r *approval.Request) { r.Terms = approval.Terms{} }

func needs(count int) func(*approval.Request) {
	return func(r *approval.Request) { r.Terms.Count = count }
}

func on(database string) func(*approval.Request) {
	return func(r *approval.Request) { r.Server.Database = database }
}

func agree(v approval.Voter) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Vote(v, true, "", now) }
}

func claim(worker int64) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Claim(worker, now) }
}

func start(r approval.Request, now time.Time) (approval.Move, error) {
	return r.Start(r.Fence, r.Digest, now)
}

func finish(r approval.Request, now time.Time) (approval.Move, error) {
	return r.Finish(r.Fence, approval.Succeeded, "", []byte(`{}`), now)
}

func made(tb testing.TB, s *Store, edits ...func(*approval.Request)) approval.Request {
	tb.Helper()
	r, created, err := s.Create(tb.Context(), wish(edits...))
	if err != nil || !created {
		tb.Fatalf("created %v: %v (%v)", created, err, causeOf(err))
	}
	return r
}

func moved(tb testing.TB, s *Store, id approval.ID, acts ...approval.Act) (r approval.Request) {
	tb.Helper()
	for _, act := range acts {
		var err error
		if r, err = s.Move(tb.Context(), id, act); err != nil {
			tb.Fatalf("%v (%v)", err, causeOf(err))
		}
	}
	return r
}

func read(tb testing.TB, s *Store, id approval.ID) approval.Request {
	tb.Helper()
	r, err := s.Get(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// facts are all entries of the audit. The chain is proved whole first.
func facts(tb testing.TB, s *Store) iter.Seq[audit.Entry] {
	tb.Helper()
	report, err := audit.Verify(s.Chain(tb.Context(), 1), 1, s.options.AuditKey, nil)
	if err != nil || report.Fault != nil || report.Doubt != "" && report.Count > 0 {
		tb.Fatalf("the chain does not verify: %+v, %v", report, err)
	}
	return func(yield func(audit.Entry) bool) {
		for e, err := range s.Chain(tb.Context(), 1) {
			if err != nil {
				tb.Fatal(err)
			}
			if !yield(e) {
				return
			}
		}
	}
}

// last is the newest fact.
func last(tb testing.TB, s *Store) audit.Entry {
	tb.Helper()
	e, err := s.Head(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// said is the *ops.Error that err must be.
func said(tb testing.TB, err error, message string) {
	tb.Helper()
	if err == nil || err.Error() != message {
		tb.Errorf("got %q (%v), want %q", err, causeOf(err), message)
	}
}

// seqs are the numbers of entries.
func seqs(all []audit.Entry) string {
	var b strings.Builder
	for _, e := range all {
		fmt.Fprintf(&b, " %d", e.Seq)
	}
	return strings.TrimSpace(b.String())
}

// text is data as it can be compared and read.
func text(v any) string { return fmt.Sprintf("%+v", v) }

// fill puts n entries into an empty chain, unsealed: for tests that read many.
func fill(tb testing.TB, conn *pgx.Conn, n int) {
	tb.Helper()
	columns := strings.Split(strings.Join(strings.Fields(entryColumns), ""), ",")
	values := make([]string, len(columns))
	for i, column := range columns {
		switch column {
		case "seq":
			values[i] = "n"
		case "at":
			values[i] = "clock_timestamp() - (100000000 - n) * interval '1 second'"
		case "request":
			values[i] = "n / 3 + 1"
		case "worker":
			values[i] = "0"
		case "prev":
			values[i] = "sha256(n::text::bytea)"
		case "hash":
			values[i] = "sha256((n + 1)::text::bytea)"
		case "member":
			values[i] = "'U' || n % 500"
		case "team":
			values[i] = "'T0DEMO'"
		case "database":
			values[i] = "'db' || n % 20"
		default:
			values[i] = "'some text of it'"
		}
	}
	if _, err := conn.Exec(tb.Context(), "INSERT INTO dbbot.audit ("+entryColumns+") SELECT "+strings.Join(values, ", ")+" FROM generate_series(1, $1::int) n", n); err != nil {
		tb.Fatal(err)
	}
}
