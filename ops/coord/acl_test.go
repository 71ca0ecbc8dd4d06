package coord

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops"

	"github.com/redis/go-redis/v9"
)

// restricted makes an ACL user with the rights that are documented, and no others, and gives its URL.
func restricted(t *testing.T, s *server, rights string) string {
	t.Helper()
	arguments := []any{"ACL", "SETUSER", "dbbot", "reset", "on", ">pw"}
	for right := range strings.FieldsSeq(rights) {
		arguments = append(arguments, right)
	}
	do(t, connect(t, s.url), arguments...)
	return strings.Replace(s.url, "redis://", "redis://dbbot:pw@", 1)
}

// The rights that we ask for are enough for everything, and reach nobody else's keys.
func TestRightsAreEnough(t *testing.T) {
	s := start(t, 0, "--maxmemory", "64mb", "--maxmemory-policy", "noeviction")
	url := restricted(t, s, Rights)
	one, other := connect(t, url+"/1"), connect(t, url+"/1")
	everything(t, one, other)
	if info, err := one.Info(t.Context()); err != nil || info.Policy != "noeviction" {
		t.Errorf("%+v, %v", info, err)
	}
	for _, forbidden := range [][]any{
		{"FLUSHALL"},
		{"CONFIG", "GET", "*"},
		{"KEYS", "*"},
		{"GET", "sessions:1"},
		{"SET", "sessions:1", "x"},
		{"MONITOR"},
		{"ACL", "LIST"},
		{"SHUTDOWN"},
		{"EVAL", "return redis.call('GET', 'sessions:1')", 0},
	} {
		var reply redis.Error
		if err := one.client.Do(t.Context(), forbidden...).Err(); !errors.As(err, &reply) || !strings.Contains(err.Error(), "NOPERM") && !strings.Contains(err.Error(), "can't access") {
			t.Errorf("%v: %v", forbidden, err)
		}
	}
}

func TestRightsAreEnoughInACluster(t *testing.T) {
	nodes := startCluster(t)
	var url string
	for _, s := range nodes {
		url = restricted(t, s, Rights+" "+RightsInCluster)
	}
	one, other := connect(t, url+"?cluster=true"), connect(t, url+"?cluster=true")
	everything(t, one, other)
	if info, err := one.Info(t.Context()); err != nil || info.Nodes != 3 {
		t.Errorf("%+v, %v", info, err)
	}
}

// Each of the rights is needed: without it something falls back to this process alone, or cannot be said.
func TestNoRightIsTooMuch(t *testing.T) {
	s := start(t, 0)
	for right := range strings.FieldsSeq(Rights) {
		t.Run(right, func(t *testing.T) {
			do(t, connect(t, s.url), "FLUSHALL")
			url := restricted(t, s, strings.Replace(" "+Rights+" ", " "+right+" ", " ", 1))
			if !falters(t, connect(t, url+"/1")) {
				t.Error("everything works without it")
			}
		})
	}
}

// falters says whether anything of what we do with Redis does not get its answer from there.
func falters(t *testing.T, c *Coord) (faltered bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	key := ops.Reference()
	works := []func() error{
		func() error { return c.Ping(ctx) },
		func() error { _, err := c.Info(ctx); return err },
	}
	for _, use := range []func(){
		func() { c.First(ctx, key) },
		func() { c.Allow(ctx, ana) },
		func() { c.Keep(ctx, key, []byte("x")) },
		func() { c.Recall(ctx, key) },
		func() { _, _ = c.Shared(ctx, key, whole, (&counter{}).read) },
		func() {
			c.mu.Lock()
			c.local = newLocal()
			c.mu.Unlock()
			_, _ = c.Shared(ctx, key, whole, (&counter{}).read)
		},
	} {
		works = append(works, func() error {
			use()
			if !c.breaker.until.IsZero() {
				return errors.New("Redis refused")
			}
			return nil
		})
	}
	for _, work := range works {
		if err := work(); err != nil {
			return true
		}
	}
	return false
}
