package coord

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"dbbot/ops"

	"github.com/redis/go-redis/v9"
)

// Info is what Redis says about itself. What it did not say is the zero value.
type Info struct {
	Nodes       int // masters of a cluster: the figures are their sums, and the faults those that any of them has
	Version     string
	Role        string        // master or slave, in Redis' words
	Uptime      time.Duration // of the one that started last
	Clients     int
	MaxClients  int
	Memory      int64  // bytes in use
	MaxMemory   int64  // bytes; zero is no limit of its own
	Policy      string // what happens at the limit; noeviction is right for us
	Evicted     int64  // keys thrown away because memory was full, since start
	Rejected    int64  // connections refused because of MaxClients, since start
	Loading     bool   // still reading its file
	SaveFailed  bool   // the last RDB file could not be written
	AppendOnly  bool   // an append-only file is kept
	WriteFailed bool   // the last write to it failed
}

// Ping asks whether Redis answers. The error is an *ops.Error.
func (c *Coord) Ping(ctx context.Context) error {
	return c.examine(ctx, func(ctx context.Context) error { return c.client.Ping(ctx).Err() })
}

// Info reads the state of Redis in one round trip, of a cluster that of all its masters. The error is an *ops.Error.
func (c *Coord) Info(ctx context.Context) (info Info, err error) {
	err = c.examine(ctx, func(ctx context.Context) error {
		cluster, many := c.client.(*redis.ClusterClient)
		if !many {
			text, err := c.client.Info(ctx).Result()
			info = parseInfo(text)
			return err
		}
		var mu sync.Mutex
		return cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			text, err := node.Info(ctx).Result()
			mu.Lock()
			defer mu.Unlock()
			info = info.and(parseInfo(text))
			return err
		})
	})
	return info, err
}

// and adds another node of a cluster.
func (i Info) and(other Info) Info {
	if i.Nodes == 0 {
		other.Nodes = 1
		return other
	}
	i.Nodes++
	if other.Role != "master" {
		i.Role = other.Role
	}
	if other.Policy != rightPolicy {
		i.Policy = other.Policy
	}
	i.Uptime = min(i.Uptime, other.Uptime)
	i.Clients, i.MaxClients = i.Clients+other.Clients, i.MaxClients+other.MaxClients
	i.Memory, i.MaxMemory = i.Memory+other.Memory, i.MaxMemory+other.MaxMemory
	i.Evicted, i.Rejected = i.Evicted+other.Evicted, i.Rejected+other.Rejected
	i.Loading, i.SaveFailed = i.Loading || other.Loading, i.SaveFailed || other.SaveFailed
	i.AppendOnly, i.WriteFailed = i.AppendOnly && other.AppendOnly, i.WriteFailed || other.WriteFailed
	return i
}

// rightPolicy is what should happen when memory is full: what we keep runs out by itself, and must not be thrown away
// before.
const rightPolicy = "noeviction"

// Forgets says whether Redis throws keys away when its memory is full. One without a limit of its own never has to.
func (i Info) Forgets() bool { return i.MaxMemory > 0 && i.Policy != "" && i.Policy != rightPolicy }

// examine asks Redis once, whatever the breaker says: these are the questions about its health.
func (c *Coord) examine(ctx context.Context, do func(context.Context) error) error {
	if c.client == nil {
		return &ops.Error{Message: "No Redis is configured; this process plays its part alone.", Hint: "Set redis.url to share limits between replicas."}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := do(ctx); err != nil {
		return failure(err)
	}
	return nil
}

func parseInfo(text string) Info {
	said := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); found {
			said[key] = value
		}
	}
	number := func(key string) int64 {
		n, _ := strconv.ParseInt(said[key], 10, 64)
		return n
	}
	return Info{
		Version: said["redis_version"], Role: said["role"], Uptime: time.Duration(number("uptime_in_seconds")) * time.Second,
		Clients: int(number("connected_clients")), MaxClients: int(number("maxclients")),
		Memory: number("used_memory"), MaxMemory: number("maxmemory"), Policy: said["maxmemory_policy"],
		Evicted: number("evicted_keys"), Rejected: number("rejected_connections"), Loading: said["loading"] == "1",
		SaveFailed: said["rdb_last_bgsave_status"] == "err",
		AppendOnly: said["aof_enabled"] == "1", WriteFailed: said["aof_last_write_status"] == "err",
	}
}
