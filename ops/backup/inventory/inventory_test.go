package inventory

import (
	"reflect"
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

func TestADumpAndRestoreComparesEqual(t *testing.T) {
	from := clustertest.Database(t)
	clustertest.Exec(t, from, rich)
	before := read(t, from)
	for name, args := range map[string][]string{"whole": nil, "as for a scratch database": {"--no-owner", "--no-privileges"}} {
		after := read(t, again(t, from, args...))
		if found := Compare(before, after); len(found) > 0 {
			t.Errorf("%s: %q\n%+v\n%+v", name, found, before, after)
		}
		for kind, sum := range before.Digests {
			if after.Digests[kind] != sum {
				t.Errorf("%s: %s", name, kind)
			}
		}
		if !reflect.DeepEqual(before.Objects, after.Objects) {
			t.Errorf("%v, %v", before.Objects, after.Objects)
		}
	}
	t.Log(before.Objects)
}
