package coord

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// startCluster makes a real cluster of three masters on this machine, and gives their addresses.
func startCluster(t *testing.T, arguments ...string) (nodes []*server) {
	t.Helper()
	const slots = 16384
	for i := range 3 {
		bus := freePort(t)
		arguments := append([]string{"--cluster-enabled", "yes", "--cluster-port", fmt.Sprint(bus), "--cluster-node-timeout", "2000"}, arguments...)
		s := start(t, 0, arguments...)
		nodes = append(nodes, s)
		c := connect(t, s.url)
		do(t, c, "CLUSTER", "ADDSLOTSRANGE", i*slots/3, (i+1)*slots/3-1)
		do(t, c, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if i > 0 {
			host, port, _ := strings.Cut(nodes[0].address(), ":")
			do(t, c, "CLUSTER", "MEET", host, port, nodes[0].bus)
		}
		s.bus = bus
	}
	for _, s := range nodes {
		c := connect(t, s.url)
		eventually(t, "the cluster has come together", func() bool {
			said, err := c.client.Do(t.Context(), "CLUSTER", "INFO").Text()
			return err == nil && strings.Contains(said, "cluster_state:ok") && strings.Contains(said, "cluster_known_nodes:3")
		})
	}
	return nodes
}

func do(t *testing.T, c *Coord, arguments ...any) {
	t.Helper()
	if err := c.client.Do(t.Context(), arguments...).Err(); err != nil {
		t.Fatal(arguments, err)
	}
}

// address is host:port.
func (s *server) address() string { return s.url[strings.LastIndex(s.url, "/")+1:] }

// startSentinel watches a master, and makes its replica the master within a second or so after it died.
func startSentinel(t *testing.T, master *server) *server {
	t.Helper()
	host, port, _ := strings.Cut(master.address(), ":")
	own := freePort(t)
	file := filepath.Join(t.TempDir(), "sentinel.conf") // it writes there what it learns
	settings := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor shop %s %s 1\nsentinel down-after-milliseconds shop 300\nsentinel failover-timeout shop 3000\n",
		own, t.TempDir(), host, port)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return launch(t, own, file, "--sentinel")
}

// everything that replicas share works through these two.
func everything(t *testing.T, one, other *Coord) {
	t.Helper()
	for _, c := range []*Coord{one, other} { // the first connection of a process may take longer than a call may
		eventually(t, "Redis answers", func() bool { return c.Ping(t.Context()) == nil })
	}
	t.Run("first", func(t *testing.T) { testFirst(t, one, other) })
	t.Run("keep", func(t *testing.T) { testKeep(t, one, other) })
	t.Run("allow", func(t *testing.T) { testAllow(t, one, other) })
	t.Run("shared", func(t *testing.T) {
		var r counter
		if told := askAtOnce(t, r.read, one, other); told["reading 1 <nil>"] != 100 {
			t.Errorf("told %v", told)
		}
	})
}
