package main

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

// tap stands between a client and a PostgreSQL server, and notes the name of every statement that is prepared.
type tap struct {
	url string // of the same database, through the tap

	mu       sync.Mutex
	prepared []string
}

func (w *tap) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.prepared)
}

// tapped listens on host, and ends with the test.
func tapped(t *testing.T, host, database string) *tap {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	server := u.Host
	u.Host, u.RawQuery = l.Addr().String(), "sslmode=disable"
	w := &tap{url: u.String()}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go w.connect(client, server)
		}
	}()
	return w
}

func (w *tap) connect(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	go func() {
		defer server.Close()
		w.forward(client, server)
	}()
	_, _ = io.Copy(client, server) // ends when either side goes
}

// forward passes on what the client says, message by message: the first has no type, the others begin with one byte.
func (w *tap) forward(client io.Reader, server io.Writer) {
	for kind := []byte{}; ; kind = make([]byte, 1) {
		length := make([]byte, 4)
		if _, err := io.ReadFull(client, kind); err != nil {
			return
		}
		if _, err := io.ReadFull(client, length); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(length)-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if string(kind) == "P" { // Parse: the statement's name comes first
			name, _, _ := strings.Cut(string(body), "\x00")
			w.mu.Lock()
			w.prepared = append(w.prepared, name)
			w.mu.Unlock()
		}
		if _, err := server.Write(slices.Concat(kind, length, body)); err != nil {
			return
		}
	}
}

// TestCheckPreparesNothingByName: a pooler in transaction mode gives every transaction another server, which knows no
// statement that was prepared on the one before.
func TestCheckPreparesNothingByName(t *testing.T) {
	w := tapped(t, "127.0.0.1", clustertest.Database(t))
	t.Chdir(t.TempDir())
	vars, _ := slackSite(t, nil)
	if code, out, errs := runs(t, with(vars, "DATABASE_URL", w.url), "check"); code != 0 {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	names := w.names()
	if len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return name != "" }) {
		t.Errorf("prepared: %q", names)
	}
}

func TestCheckWarnsOfAnUnencryptedConnectionElsewhere(t *testing.T) {
	host := elsewhere(t)
	w := tapped(t, host, clustertest.Database(t))
	t.Chdir(t.TempDir())
	vars, _ := slackSite(t, nil)
	code, out, _ := runs(t, with(vars, "DATABASE_URL", w.url), "check")
	for _, words := range []string{"warn   the connection to " + host + " is not encrypted", "→ Add sslmode=verify-full to its URL"} {
		if code != 0 || !strings.Contains(out, words) {
			t.Errorf("exit %d, and %q is not said in:\n%s", code, words, out)
		}
	}
}

// elsewhere is an address of this machine that is not loopback.
func elsewhere(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if network, ok := one.(*net.IPNet); ok && network.IP.IsGlobalUnicast() && network.IP.To4() != nil {
			return network.IP.String()
		}
	}
	t.Skip("this machine has no address but loopback")
	return ""
}
