package coord

import (
	"fmt"
	"strings"
	"testing"

	"dbbot/ops"
)

func TestSentinels(t *testing.T) {
	master := start(t, 0)
	host, port, _ := strings.Cut(master.address(), ":")
	replica := start(t, 0, "--replicaof", host, port)
	sentinel := startSentinel(t, master)
	url := fmt.Sprintf("%s?master_name=shop&addr=127.0.0.1:%d", sentinel.url, freePort(t)) // of the second one nobody answers
	one, other := connect(t, url), connect(t, url)
	eventually(t, "the Sentinel names the master", func() bool { return one.Ping(t.Context()) == nil && other.Ping(t.Context()) == nil })
	everything(t, one, other)
	eventually(t, "the Sentinel knows the replica", func() bool {
		said, err := connect(t, sentinel.url).client.Do(t.Context(), "SENTINEL", "REPLICAS", "shop").Slice()
		return err == nil && len(said) == 1
	})

	master.kill()
	if !one.First(t.Context(), "while nobody is master") || one.First(t.Context(), "while nobody is master") {
		t.Error("not first exactly once")
	}
	eventually(t, "the replica is the master", func() bool {
		info, err := one.Info(t.Context())
		return err == nil && info.Role == "master"
	})
	if info, err := connect(t, replica.url).Info(t.Context()); err != nil || info.Role != "master" {
		t.Errorf("the replica: %+v, %v", info, err)
	}
	eventually(t, "both share again", func() bool {
		key := ops.Reference()
		return one.First(t.Context(), key) && !other.First(t.Context(), key)
	})
}

func TestSentinelsThatDoNotAnswer(t *testing.T) {
	for name, tt := range map[string]struct{ url, says string }{
		"nobody there": {"redis://127.0.0.1:1?master_name=shop&addr=127.0.0.1:2", "None of the Sentinels"},
		"another name": {startSentinel(t, start(t, 0)).url + "?master_name=other", "None of the Sentinels"},
		"no Sentinel":  {start(t, 0).url + "?master_name=shop", "None of the Sentinels"},
		"silent":       {silent(t) + "?master_name=shop", ""},
		"no password":  {startSentinel(t, start(t, 0, "--requirepass", "right")).url + "?master_name=shop", "did not accept"},
		"a wrong one":  {startSentinel(t, start(t, 0, "--requirepass", "right")).url + "?master_name=shop&password=wr0ng", "did not accept"},
	} {
		c := connect(t, tt.url)
		if err := c.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: said %v", name, err)
		}
		if !c.First(t.Context(), "Ev1") || c.First(t.Context(), "Ev1") {
			t.Errorf("%s: not first exactly once", name)
		}
	}
}
