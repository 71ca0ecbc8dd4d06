package rehearse

import (
	"cmp"
	"context"
	_ "embed"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

//go:embed schema.sql
var schemaSQL string

// fingerprint is the sum of a schema, but for some extensions.
func fingerprint(ctx context.Context, c *pgx.Conn, without []string) (sum string, err error) {
	if _, err := c.Exec(ctx, "SET search_path = ''"); err != nil { // names are written in full
		return "", err
	}
	err = c.QueryRow(ctx, schemaSQL+`SELECT md5(string_agg(thing, E'\n' ORDER BY thing COLLATE "C")) FROM (SELECT concat_ws(' ', kind, name, definition) AS thing FROM things) AS all_of_it`,
		append([]string{}, without...)).Scan(&sum)
	return sum, err
}

// thing of a schema.
type thing struct{ kind, name, belongs string }

// things are all of a schema, each with the sum of what matters about it.
func things(ctx context.Context, c *pgx.Conn) (map[thing]string, error) {
	if _, err := c.Exec(ctx, "SET search_path = ''"); err != nil {
		return nil, err
	}
	rows, err := c.Query(ctx, schemaSQL+`SELECT kind, name, belongs, md5(string_agg(definition, ' ' ORDER BY definition)) FROM things
		WHERE kind NOT IN ('version', 'order of columns', 'parent of', 'numbers of') GROUP BY 1, 2, 3`, []string{})
	if err != nil {
		return nil, err
	}
	all := map[thing]string{}
	var t thing
	var sum string
	_, err = pgx.ForEachRow(rows, []any{&t.kind, &t.name, &t.belongs, &sum}, func() error { all[t] = sum; return nil })
	return all, err
}

// Change is what the files did to a thing of the schema.
type Change struct {
	How  How
	Kind string // "column"
	Name string // "orders.note", with the schema where that is not public
}

// How a thing changed.
type How string

// The three ways.
const (
	Made    How = "new"
	Gone    How = "gone"
	Altered How = "changed"
)

// holders are the kinds of things that others belong to.
var holders = []string{"table", "view", "materialized view", "foreign table", "type"}

// maxChanges bounds what is listed. Plans with more are judged by their files.
const maxChanges = 500

// changes are what is another than before. What belongs to a table that came or went is not told beside it.
func changes(before, after map[thing]string) []Change {
	var all []Change
	tell := func(t thing, how How, whole map[thing]string) {
		for _, kind := range holders {
			if _, with := whole[thing{kind: kind, name: t.belongs}]; t.belongs != "" && with {
				return
			}
		}
		all = append(all, Change{How: how, Kind: t.kind, Name: ops.Printable(strings.TrimPrefix(t.name, "public."), nameRunes)})
	}
	made, gone := without(after, before), without(before, after)
	for t := range made {
		tell(t, Made, made)
	}
	for t := range gone {
		tell(t, Gone, gone)
	}
	for t, sum := range after {
		if was, there := before[t]; there && was != sum {
			tell(t, Altered, nil)
		}
	}
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.How, b.How), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), maxChanges)]
}

// without is what only the first holds.
func without(some, others map[thing]string) map[thing]string {
	rest := map[thing]string{}
	for t, sum := range some {
		if _, there := others[t]; !there {
			rest[t] = sum
		}
	}
	return rest
}
