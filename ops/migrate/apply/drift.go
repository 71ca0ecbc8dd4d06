package apply

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

// After a run dbbot keeps what the database consists of, a sum for each thing, with the last step's row. Before the next
// run it compares: what is another one by then was changed by somebody else, as long as the journal has not moved either.

//go:embed drift.sql
var driftSQL string

const (
	// driftWithin bounds the reading of the catalogue; a run does not wait longer for what is only told.
	driftWithin = 10 * time.Second
	// maxObjects is up to how many things are kept; drift.sql stops reading behind it.
	maxObjects = 20_000
)

var errLarge = errors.New("the database has too many objects to keep a sum of each")

// objects gives a sum for each thing of the database.
func (c *Conn) objects(ctx context.Context) (sums map[string]string, err error) {
	tx, err := c.work.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))                                 // it only read
	if _, err := tx.Exec(ctx, "SET LOCAL search_path = pg_catalog"); err != nil { // so that every name is written with its schema
		return nil, err
	}
	var told []byte
	if err := tx.QueryRow(ctx, driftSQL, []string{golangTable, golangTable + "_pkey", prismaTable, prismaTable + "_pkey", ownTable, ownTable + "_pkey"}).Scan(&told); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(told, &sums); err != nil {
		return nil, err
	}
	if len(sums) > maxObjects {
		return nil, errLarge
	}
	return sums, nil
}

// drift notes what is another thing than after the last run, though the journal stands where that one left it. None of it is
// needed: what cannot be read is not told.
func (r *run) drift(ctx context.Context, first migrate.Step) {
	ctx, cancel := context.WithTimeout(ctx, driftWithin)
	defer cancel()
	if !r.have.mark || first.Resume { // what broke off changed it, too
		return
	}
	var kept []byte
	var request int64
	err := r.work.QueryRow(ctx, "SELECT objects, request FROM "+r.table(ownTable)+` WHERE objects IS NOT NULL AND to_version = $1
		AND finished = (SELECT max(finished) FROM `+r.table(ownTable)+")", first.From).Scan(&kept, &request)
	if err != nil { // or there is no such row: the tool was used by hand since, or never anything else
		return
	}
	was := map[string]string{}
	is, err := r.objects(ctx)
	if err != nil || json.Unmarshal(kept, &was) != nil {
		return
	}
	made, gone, other := differences(was, is)
	before := "Outside of migrations, since " + fmt.Sprintf("#%d", request) + ", "
	r.note(before+"somebody made: ", made, ".")
	r.note(before+"somebody removed: ", gone, ".")
	r.note(before+"somebody changed: ", other, ".")
}

// differences names what is new, gone or another one, each sorted.
func differences(was, is map[string]string) (made, gone, other []string) {
	for name, sum := range is {
		switch before, had := was[name]; {
		case !had:
			made = append(made, ops.Printable(name, 130))
		case before != sum:
			other = append(other, ops.Printable(name, 130))
		}
	}
	for name := range was {
		if _, has := is[name]; !has {
			gone = append(gone, ops.Printable(name, 130))
		}
	}
	for _, names := range [][]string{made, gone, other} {
		slices.Sort(names)
	}
	return made, gone, other
}

// keep writes down what the database consists of after a run, and forgets what it was after older ones.
func (r *run) keep(ctx context.Context, last int) {
	ctx, cancel := context.WithTimeout(ctx, driftWithin)
	defer cancel()
	is, err := r.objects(ctx)
	if err != nil {
		return
	}
	sums, err := json.Marshal(is)
	if err != nil {
		return
	}
	b := &pgx.Batch{}
	b.Queue("UPDATE " + r.table(ownTable) + " SET objects = NULL WHERE objects IS NOT NULL")
	b.Queue("UPDATE "+r.table(ownTable)+" SET objects = $1::text::jsonb WHERE (request, asked, step) = ($2, $3, $4)", string(sums), r.options.Request, r.options.Asked, last)
	_ = r.work.SendBatch(ctx, b).Close() // else nothing is compared next time
}
