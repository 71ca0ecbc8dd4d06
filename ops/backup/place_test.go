package backup

import (
	"strings"
	"testing"
	"time"
)

func TestAnIDSaysWhoseItIsAndWhen(t *testing.T) {
	at := time.Date(2026, 11, 23, 4, 0, 0, 0, time.FixedZone("", 3600))
	for _, database := range []string{"orders", "orders-eu", "a", "shop_2.x", "orders-20250101-000000-0000"} {
		one := NewID(database, at)
		if one.Database() != database || !strings.HasPrefix(string(one), database+"-20261123-030000-") || len(one) != len(database)+21 {
			t.Errorf("%s: %s of %q", database, one, one.Database())
		}
		if want := database + "/" + string(one) + "/manifest.json"; one.Path(ManifestFile) != want {
			t.Errorf("lies at %s", one.Path(ManifestFile))
		}
	}
	for _, bad := range []ID{"", "orders", "orders-20261123-030000", "orders-20261123-030000-xyz1", "Orders-20261123-030000-7f3a", "../x-20261123-030000-7f3a", "-20261123-030000-7f3a", "a/b-20261123-030000-7f3a"} {
		if whose := bad.Database(); whose != "" {
			t.Errorf("%s is taken for one of %s", bad, whose)
		}
	}
}
