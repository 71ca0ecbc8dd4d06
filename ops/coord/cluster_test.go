package coord

import (
	"strings"
	"testing"
)

func TestACluster(t *testing.T) {
	nodes := startCluster(t, "--maxmemory", "64mb", "--maxmemory-policy", "noeviction")
	for name, url := range map[string]string{
		"one node named": nodes[1].url + "?cluster=true",
		"two named":      nodes[0].url + "?addr=" + nodes[2].address(),
	} {
		t.Run(name, func(t *testing.T) {
			do(t, connect(t, nodes[0].url), "FLUSHALL")
			do(t, connect(t, nodes[1].url), "FLUSHALL")
			do(t, connect(t, nodes[2].url), "FLUSHALL")
			one, other := connect(t, url), connect(t, url)
			everything(t, one, other)
			info, err := one.Info(t.Context())
			if err != nil || info.Nodes != 3 || info.MaxMemory != 3*64<<20 || info.Role != "master" || info.Policy != "noeviction" || info.Memory < 1 || info.Version == "" {
				t.Errorf("%+v, %v", info, err)
			}
			if err := one.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A node that dies takes its keys along: calls about them are bounded and answered by this process, the others go on.
func TestAClusterWithoutOneOfItsNodes(t *testing.T) {
	nodes := startCluster(t)
	one := connect(t, nodes[0].url+"?addr="+nodes[1].address()+"&addr="+nodes[2].address())
	if err := one.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	nodes[2].kill()
	for i := range 40 {
		key := strings.Repeat("x", i)
		if !one.First(t.Context(), key) || one.First(t.Context(), key) {
			t.Errorf("key %d is not first exactly once", i)
		}
	}
	var r counter
	if told := askAtOnce(t, r.read, one); r.n.Load() != 1 {
		t.Errorf("told %v", told)
	}
	if _, err := one.Info(t.Context()); err == nil {
		t.Error("nothing is said of the node that is gone")
	}
}

func TestInfoOfSeveralNodes(t *testing.T) {
	var all Info
	for _, node := range []Info{
		{Role: "master", Policy: "noeviction", Uptime: 9, Clients: 1, Memory: 10, MaxMemory: 100, AppendOnly: true, Version: "7.0.15"},
		{Role: "master", Policy: "allkeys-lru", Uptime: 5, Clients: 2, Memory: 20, MaxMemory: 100, Evicted: 3, SaveFailed: true, Version: "7.0.15"},
		{Role: "slave", Policy: "noeviction", Uptime: 7, Clients: 3, Memory: 30, MaxMemory: 100, Rejected: 4, Loading: true, Version: "7.0.15"},
	} {
		all = all.and(node)
	}
	want := Info{
		Nodes: 3, Role: "slave", Policy: "allkeys-lru", Uptime: 5, Clients: 6, Memory: 60, MaxMemory: 300, Evicted: 3, Rejected: 4,
		Loading: true, SaveFailed: true, Version: "7.0.15",
	}
	if all != want {
		t.Errorf("got  %+v\nwant %+v", all, want)
	}
}

func TestForgets(t *testing.T) {
	for _, tt := range []struct {
		info Info
		want bool
	}{
		{Info{}, false},
		{Info{MaxMemory: 1, Policy: "noeviction"}, false},
		{Info{MaxMemory: 0, Policy: "allkeys-lru"}, false},
		{Info{MaxMemory: 1, Policy: "volatile-ttl"}, true},
	} {
		if got := tt.info.Forgets(); got != tt.want {
			t.Errorf("%+v: %v", tt.info, got)
		}
	}
}
