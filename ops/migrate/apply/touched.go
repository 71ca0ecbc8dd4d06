package apply

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// mostExplained bounds the statements of one plan that the planner is asked about.
	mostExplained = 50
	// explainWithin bounds all of that, so that a plan stays an answer of a moment; what was not asked is not known.
	explainWithin = time.Second
	// explainLock is how long a table may be locked by others meanwhile: EXPLAIN takes the locks of the statement.
	explainLock = 50 * time.Millisecond
)

// Touched asks PostgreSQL's planner how many rows statements would write, by their texts: with EXPLAIN, which runs
// nothing, and in a transaction that may only read, since the planner calls functions that are declared immutable or
// stable. Statements that it cannot plan now, say because a file before them makes the column, are left out. There is
// no error: what is not known is missing.
func (c *Conn) Touched(ctx context.Context, statements []string) map[string]int64 {
	ctx, cancel := context.WithTimeout(ctx, explainWithin)
	defer cancel()
	rows := map[string]int64{}
	for _, sql := range statements[:min(len(statements), mostExplained)] {
		if n, err := c.explain(ctx, sql); err == nil {
			rows[sql] = n
		}
		if ctx.Err() != nil || c.work.IsClosed() {
			break
		}
	}
	return rows
}

// explain asks about one statement; the extended protocol takes no second one behind it.
func (c *Conn) explain(ctx context.Context, sql string) (int64, error) {
	tx, err := c.work.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // it holds locks
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", explainLock.Milliseconds())); err != nil {
		return 0, err
	}
	var told []byte
	if err := tx.QueryRow(ctx, "EXPLAIN (FORMAT JSON) "+sql).Scan(&told); err != nil {
		return 0, err
	}
	var plans []struct{ Plan planNode }
	if err := json.Unmarshal(told, &plans); err != nil {
		return 0, err
	}
	sum := 0.0
	for _, p := range plans { // several where rules rewrite it
		sum += p.Plan.written()
	}
	return int64(min(sum, math.MaxInt64/2)), nil
}

// planNode is a node of a plan.
type planNode struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Parent Relationship"`
	Rows     float64 `json:"Plan Rows"`
	Plans    []planNode
}

// written sums what goes into the nodes that write. From PostgreSQL 14 on those tell 0 rows of themselves, and before
// they had one child for each partition; what feeds them is their outer child, others are of sub-queries.
func (n planNode) written() (sum float64) {
	for _, below := range n.Plans {
		if n.Type == "ModifyTable" && (below.Relation == "Outer" || below.Relation == "Member") {
			sum += below.Rows
		}
		sum += below.written()
	}
	return sum
}
