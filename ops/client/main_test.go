package client

import (
	"os"
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child()
		return
	}
	os.Exit(clustertest.Run(m))
}
