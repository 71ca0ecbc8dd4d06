package store

import (
	"fmt"
	"os"
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
