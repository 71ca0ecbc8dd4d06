package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/backup/pgbackrest"
	"dbbot/ops/postgres"
)

// clusterFor is how long counts what pgBackRest said: the clock asks every minute, and its repository may be far away.
const clusterFor = 5 * time.Minute

// clusters are what pgBackRest said of each stanza, and when.
type clusters struct {
	read func(ctx context.Context, stanza string) (pgbackrest.Info, error)
	mu   sync.Mutex
	said map[string]heardOf
}

type heardOf struct {
	info pgbackrest.Info
	at   time.Time
}

func newClusters() *clusters { return &clusters{read: pgbackrest.Read, said: map[string]heardOf{}} }

// of a database: what backs up its whole cluster, as far as the file names that; nil where it does not.
func (c *clusters) of(ctx context.Context, d Database) *commands.Cluster {
	if d.Backup.PgBackRest == nil {
		return nil
	}
	cluster := &commands.Cluster{Name: "pgBackRest, stanza " + d.Backup.PgBackRest.Stanza}
	info, err := c.heard(ctx, d.Backup.PgBackRest.Stanza)
	marked, ok := errors.AsType[*ops.Error](err)
	switch {
	case ok:
		cluster.Fault = marked.Message
	case err != nil:
		cluster.Fault = "It did not answer."
	case info.Fault != "":
		cluster.Fault = "It says: " + info.Fault + "."
	default:
		cluster.Lines = clusterLines(info)
	}
	if newest := info.Newest(); newest != nil {
		cluster.Newest = newest.Finished
	}
	return cluster
}

// heard asks again once an answer is old. One that failed is not kept.
func (c *clusters) heard(ctx context.Context, stanza string) (pgbackrest.Info, error) {
	c.mu.Lock()
	was, known := c.said[stanza]
	c.mu.Unlock()
	if known && time.Since(was.at) < clusterFor {
		return was.info, nil
	}
	info, err := c.read(ctx, stanza)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.said[stanza] = heardOf{info, time.Now()}
	}
	return info, err
}

// clusterLines are the newest backup of each kind, and which WAL is there.
func clusterLines(info pgbackrest.Info) (lines []string) {
	for _, kind := range []struct {
		of   pgbackrest.Kind
		said string
	}{{pgbackrest.Full, "full"}, {pgbackrest.Differential, "differential"}, {pgbackrest.Incremental, "incremental"}} {
		if b := info.Newest(kind.of); b != nil {
			line := fmt.Sprintf("The newest %s backup is %s old (%s, %s stored).", kind.said, postgres.Age(time.Since(b.Finished)), b.Label, postgres.Bytes(b.Stored))
			if b.Errors {
				line += " Pages in it are damaged."
			}
			lines = append(lines, line)
		}
	}
	for _, a := range info.Archive {
		if a.Max != "" {
			lines = append(lines, fmt.Sprintf("WAL of %s is archived from %s to %s.", a.ID, a.Min, a.Max))
		}
	}
	if info.Running {
		lines = append(lines, "A backup runs now.")
	}
	return lines
}
