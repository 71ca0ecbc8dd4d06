package script

import (
	"os"
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Run(m)) }
