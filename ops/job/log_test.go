package job

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRiverSaysTheSameOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(sparse{slog.NewTextHandler(&out, nil), &said{at: map[string]time.Time{}}})
		for range 3 * 60 {
			log.With("queue", "a").WithGroup("g").Error("away", "n", 1)
			log.Info("counted")
			time.Sleep(time.Second)
		}
		log.Warn("back")
		if got := strings.Count(out.String(), "msg=away queue=a g.n=1"); got != 3 {
			t.Errorf("said %d times in three minutes", got)
		}
		if got := strings.Count(out.String(), "\n"); got != 4 {
			t.Errorf("%d lines:\n%s", got, &out)
		}
	})
}
