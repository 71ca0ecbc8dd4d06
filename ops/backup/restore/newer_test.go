package restore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// A backup goes into newer servers too, and into no older one. DBBOT_OTHER_SERVERS names folders with the programs of
// such servers, as a PATH does.
func TestIntoOtherVersions(t *testing.T) {
	folders := filepath.SplitList(os.Getenv("DBBOT_OTHER_SERVERS"))
	if len(folders) == 0 {
		t.Skip("DBBOT_OTHER_SERVERS names no other servers")
	}
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	framed(t, url, "traveller")
	s := taken(t, url, taking{zstd: true, hashes: true})
	for _, dir := range folders {
		c, err := cluster.Start(t.Context(), cluster.Options{Binaries: cluster.Binaries{Dir: dir}})
		must(t, err)
		other := c.URL("postgres")
		v, err := Verify(t.Context(), s, Target{URL: ops.Secret(other)}, quiet)
		ready, failed := Examine(t.Context(), s, to(other, "new"))
		must(t, failed)
		if ready.Major < s.Backup.Server.Major {
			if err == nil || !strings.Contains(strings.Join(ready.Faults, " "), "older version") {
				t.Errorf("%s: %+v, %+v, %v", dir, v, ready, err)
			}
		} else {
			r, failed := Into(t.Context(), s, to(other, "new"), quiet)
			if err != nil || failed != nil || len(v.Found) > 0 || v.How != backup.Restored || len(r.Found) > 0 || len(r.Notes) > 0 {
				t.Errorf("%s: %+v, %v, %+v, %v", dir, v, err, r, failed)
			}
		}
		must(t, c.Stop())
	}
}
