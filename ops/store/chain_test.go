package store

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5/pgconn"
)

// The audit refuses to be changed, also by the owner of its tables, also where no row is met and with triggers "off".
func TestAuditStays(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	made(t, s)
	conn := clustertest.Connect(t, databaseURL)
	if _, err := conn.Exec(t.Context(), "SET session_replication_role = replica"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE dbbot.audit SET detail = 'nothing happened'",
		"UPDATE dbbot.audit SET detail = '' WHERE false",
		"DELETE FROM dbbot.audit",
		"DELETE FROM dbbot.audit WHERE seq = 1",
		"TRUNCATE dbbot.audit",
		"TRUNCATE dbbot.audit, dbbot.audit_head",
		"INSERT INTO dbbot.audit SELECT * FROM dbbot.audit ON CONFLICT (seq) DO UPDATE SET detail = ''",
		"MERGE INTO dbbot.audit a USING (SELECT 1) o ON true WHEN MATCHED THEN DELETE",
		"DELETE FROM dbbot.audit_head",
		"TRUNCATE dbbot.audit_head",
		"UPDATE dbbot.audit_head SET seq = 0",
		"UPDATE dbbot.audit_head SET seq = seq + 2",
		"UPDATE dbbot.audit_head SET seq = NULL",
	} {
		_, err := conn.Exec(t.Context(), sql)
		if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "42501" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	moved(t, s, 1, agree(lee))
	if n := len(gathered(facts(t, s))); n != 2 {
		t.Errorf("%d facts", n)
	}
}

func gathered[T any](seq func(func(T) bool)) (all []T) {
	for v := range seq {
		all = append(all, v)
	}
	return all
}

// Two processes that record at once make one chain.
func TestOneChain(t *testing.T) {
	databaseURL := fresh(t)
	stores := []*Store{opened(t, databaseURL), opened(t, databaseURL)}
	const each = 40
	var all sync.WaitGroup
	for _, s := range append(stores, stores...) {
		all.Go(func() {
			for range each {
				if err := s.Note(t.Context(), audit.Entry{Event: audit.CommandRefused, Detail: "limit"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := len(gathered(facts(t, stores[0]))); n != 4*each {
		t.Errorf("%d facts, want %d", n, 4*each)
	}
}

// No audit, no effect: where the chain cannot go on, nothing else happens either.
func TestNoAuditNoEffect(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	r := made(t, s)
	clustertest.Exec(t, databaseURL, "ALTER TABLE dbbot.audit DISABLE TRIGGER USER", "UPDATE dbbot.audit SET seq = 2") // where the next belongs
	if _, err := s.Move(t.Context(), r.ID, agree(lee)); err == nil {
		t.Error("it was approved without a record")
	}
	if got := read(t, s, r.ID); got.State != approval.Pending || len(got.Votes) != 0 {
		t.Errorf("%s with %d votes", got.State, len(got.Votes))
	}
}

// Whoever gets round the triggers is found out.
func TestTampering(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	moved(t, s, made(t, s).ID, agree(lee))
	clustertest.Exec(t, databaseURL, "ALTER TABLE dbbot.audit DISABLE TRIGGER USER", "UPDATE dbbot.audit SET member = 'U0MIA' WHERE seq = 2")
	report, err := audit.Verify(s.Chain(t.Context(), 1), 1, s.options.AuditKey, nil)
	if err != nil || report.Fault == nil || report.Fault.Seq != 2 || report.Fault.Kind != audit.Changed {
		t.Errorf("%+v, %v", report, err)
	}
}

// An entry says who did what, on which database, from where, and under which program and policy.
func TestEntries(t *testing.T) {
	s := opened(t, fresh(t), func(o *Options) { o.Worker = func() int64 { return 7 } })
	r := made(t, s)
	card, err := s.Card(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	card.Channel, card.Stamp = "C0ORDERS", "17.1"
	if _, err := s.Placed(t.Context(), card, 1); err != nil {
		t.Fatal(err)
	}
	press := approval.Press{Key: "click-1", Token: card.Token, Who: lee.ID, Name: "Lee", Button: "Approve", Channel: "C0ORDERS", Message: "17.1"}
	if _, err := s.Decide(t.Context(), press, agree(lee)); err != nil {
		t.Fatal(err)
	}
	got := last(t, s)
	at, hash, prev := got.At, got.Hash, got.Prev
	got.At, got.Hash, got.Prev = audit.Entry{}.At, nil, nil
	want := audit.Entry{
		Seq: 2, Team: "T0DEMO", User: "U0LEE", Name: "Lee", Event: "agreed", From: "pending", To: "approved", Request: int64(r.ID), Command: "migrate down", Risk: "destroy",
		Database: "orders", Environment: "production", System: r.Server.System, Catalog: "orders", Digest: r.Digest, Channel: "C0ORDERS", Message: "17.1",
		Origin: "click-1", Policy: "p1", Version: "test", Worker: 7,
	}
	if gotText, wantText := text(got), text(want); gotText != wantText {
		t.Errorf("got\n%s\nwant\n%s", gotText, wantText)
	}
	if at.IsZero() || len(hash) != 32 || len(prev) != 32 {
		t.Errorf("at %s, %d and %d bytes of hash", at, len(hash), len(prev))
	}

	press.Key, press.Who = "click-2", mia.ID
	_, err = s.Decide(t.Context(), press, agree(mia))
	if !strings.HasPrefix(err.Error(), "This was approved") {
		t.Error(err)
	}
	if e := last(t, s); e.Event != audit.ClickRefused || e.User != "U0MIA" || e.From != "approved" || e.Detail != "approve: late" {
		t.Errorf("%+v", e)
	}
	moved(t, s, r.ID, claim(7), start, finish)
	press.Key = "click-3"
	_, _ = s.Decide(t.Context(), press, agree(mia)) // refused: it is over
	if e := last(t, s); e.Event != audit.ClickExpired || e.From != "succeeded" {
		t.Errorf("%+v", e)
	}
}

// Filters give the newest first, and only what they ask for.
func TestAuditFilter(t *testing.T) {
	s := opened(t, fresh(t))
	first, other := made(t, s), made(t, s, func(r *approval.Request) { r.Target.Database = "stock" })
	moved(t, s, first.ID, agree(lee))
	if err := s.Note(t.Context(), audit.Entry{Event: audit.Started, Detail: "one database"}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		filter audit.Filter
		want   string
	}{
		"all":       {audit.Filter{}, "4 3 2 1"},
		"two":       {audit.Filter{Limit: 2}, "4 3"},
		"older":     {audit.Filter{Before: 3}, "2 1"},
		"person":    {audit.Filter{Who: lee.ID}, "3"},
		"request":   {audit.Filter{Request: int64(first.ID)}, "3 1"},
		"databases": {audit.Filter{Databases: []string{"stock", ""}}, "4 2"},
		"none":      {audit.Filter{Databases: []string{}}, ""},
		"both":      {audit.Filter{Who: ana, Request: int64(other.ID)}, "2"},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := s.Audit(t.Context(), test.filter)
			if got := seqs(all); err != nil || got != test.want {
				t.Errorf("got %q, want %q, %v", got, test.want, err)
			}
		})
	}
	if e, err := s.LastStart(t.Context()); err != nil || e.Seq != 4 {
		t.Errorf("%+v, %v", e, err)
	}
}

// A chain is read in pages, from anywhere, and may be left in the middle.
func TestChainPages(t *testing.T) {
	databaseURL := fresh(t)
	s := opened(t, databaseURL)
	if e, err := s.Head(t.Context()); err != nil || e.Seq != 0 {
		t.Errorf("the head of nothing is %+v, %v", e, err)
	}
	fill(t, clustertest.Connect(t, databaseURL), chainPage+5)
	var got int64
	for e, err := range s.Chain(t.Context(), 3) {
		if err != nil || e.Seq != got+3 {
			t.Fatalf("%d after %d, %v", e.Seq, got+2, err)
		}
		got++
	}
	if want := int64(chainPage + 5 - 2); got != want {
		t.Errorf("%d entries, want %d", got, want)
	}
	for range s.Chain(t.Context(), 1) {
		break
	}
}
