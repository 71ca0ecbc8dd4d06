package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// interrupting is a terminal at which somebody presses Ctrl-C when a phase begins.
type interrupting struct {
	bytes.Buffer
	at    string
	press context.CancelFunc
}

func (i *interrupting) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), i.at) {
		i.press()
	}
	return i.Buffer.Write(p)
}

// Ctrl-C at any phase: it is said, and nothing half-done is left, in the store and on the server.
func TestCancelledAtATerminal(t *testing.T) {
	d := newBadDay(t)
	d.does(0, "backup", "now", "--store", d.store, "-d", "orders")
	for _, tt := range []struct {
		at   string
		args []string
	}{
		{"copying", []string{"backup", "now", "-d", "orders"}},
		{"checking", []string{"backup", "now", "-d", "orders"}},
		{"analysing", []string{"restore", "latest", "into", d.live + "_cancelled"}},
		{"comparing", []string{"restore", "latest", "into", d.live + "_cancelled"}},
		{"comparing", []string{"verify"}},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var out bytes.Buffer
		errs := &interrupting{at: tt.at, press: cancel}
		code := run(ctx, append(tt.args, "--store", d.store), environ(d.vars), &out, errs)
		if code == 0 || !strings.Contains(errs.String(), "Cancelled. Nothing half-done is left.") {
			t.Errorf("%s, at %s: exit %d: %s%s", tt.args[0], tt.at, code, errs, &out)
		}
		cancel()
	}
	if left := d.databases(d.live + "_cancelled"); len(left) > 0 {
		t.Errorf("databases are left: %q", left)
	}
	if found, _ := filepath.Glob(strings.TrimPrefix(d.store, "file://") + "/orders/*"); len(found) != 1 {
		t.Errorf("in the store: %q", found)
	}
}
