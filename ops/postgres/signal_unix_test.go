//go:build unix

package postgres

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops"
)

// A process that hears nothing: stopped by the system, as one on a stalled disk would be.
func TestSignalThatIsNotHeard(t *testing.T) {
	url := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(url)})
	conn, b, said := sleeping(t, r, url)
	process, err := os.FindProcess(pid(conn))
	if err != nil {
		t.Fatal(err)
	}
	tell := func(s os.Signal) {
		if err := process.Signal(s); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { _ = process.Signal(syscall.SIGCONT) }) // it has gone where all went well
	tell(syscall.SIGSTOP)
	ctx, cancel := context.WithCancel(t.Context())
	fate, err := r.End(ctx, "orders", b.Aim(Terminate), cancel) // whoever wanted it stopped comes too late
	if fate != There || !errors.Is(err, ErrUnsure) || !strings.Contains(err.Error(), "was asked to end, but has not within") {
		t.Errorf("got %s, %v", fate, err)
	}
	tell(syscall.SIGCONT)
	<-said
	if fate, err := r.Fate(t.Context(), "orders", b.Aim(Terminate)); fate != Gone || err != nil {
		t.Errorf("in the end: %s, %v", fate, err)
	}
}
