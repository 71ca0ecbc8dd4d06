package store

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"dbbot/ops"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	code := clustertest.Run(m)
	// toxiproxy forgets a goroutine of a link that broke while a toxic was added.
	if err := goleak.Find(goleak.IgnoreTopFunction("github.com/Shopify/toxiproxy/v2/toxics.(*NoopToxic).Pipe")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// key seals the chains of the tests.
func key(tb testing.TB) audit.Key {
	tb.Helper()
	key, err := audit.NewKey("0123456789abcdef0123456789abcdef0123456789abcdef")
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

var template struct {
	once sync.Once
	url  string
	made atomic.Int64
}

// queueTable stands for the queue: what is to be done, in the order in which it was put there.
const queueTable = "CREATE TABLE public.dbbot_work (n bigint GENERATED ALWAYS AS IDENTITY, kind text, id bigint, at timestamptz)"

// fresh is a new database whose tables are made already, and a queue's beside them: a copy of one that Open has prepared.
func fresh(tb testing.TB) string {
	tb.Helper()
	template.once.Do(func() {
		template.url = clustertest.Database(tb)
		clustertest.Exec(tb, template.url, queueTable)
		s, err := Open(tb.Context(), Options{URL: ops.Secret(template.url), AuditKey: key(tb)})
		if err != nil {
			tb.Fatal(err)
		}
		s.Close()
	})
	u := must(url.Parse(template.url))
	name, from := fmt.Sprintf("store_%d", template.made.Add(1)), strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	clustertest.Exec(tb, u.String(), "CREATE DATABASE "+name+" TEMPLATE "+from)
	u.Path = "/" + name
	return u.String()
}

// opened is a Store on databaseURL, which the test's end closes.
func opened(tb testing.TB, databaseURL string, edits ...func(*Options)) *Store {
	tb.Helper()
	o := Options{URL: ops.Secret(databaseURL), AuditKey: key(tb), Version: "test", Policy: "p1"}
	for _, edit := range edits {
		edit(&o)
	}
	s, err := Open(tb.Context(), o)
	if err != nil {
		tb.Fatalf("%v (%v)", err, causeOf(err))
	}
	tb.Cleanup(s.Close)
	return s
}
