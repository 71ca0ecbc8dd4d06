package rehearse

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

//go:embed schema.sql
var schemaSQL string

// thing of a schema.
type thing struct{ kind, name, belongs string }

// schema is all that one is made of: each thing with the sum of what matters about it.
type schema map[thing]string

func readSchema(ctx context.Context, c *pgx.Conn) (schema, error) {
	if _, err := c.Exec(ctx, "SET search_path = ''"); err != nil { // names are written in full
		return nil, err
	}
	rows, err := c.Query(ctx, schemaSQL+"SELECT kind, name, belongs, md5(string_agg(definition, ' ' ORDER BY definition)) FROM things GROUP BY 1, 2, 3")
	if err != nil {
		return nil, err
	}
	all := schema{}
	var t thing
	var sum string
	_, err = pgx.ForEachRow(rows, []any{&t.kind, &t.name, &t.belongs, &sum}, func() error { all[t] = sum; return nil })
	return all, err
}

// sum is the fingerprint of a schema, but for some extensions.
func (s schema) sum(without []string) string {
	var lines []string
	for t, sum := range s {
		if t.kind != "extension" || !slices.Contains(without, strings.Trim(t.name, `"`)) {
			lines = append(lines, fmt.Sprintf("%q %s", []string{t.kind, t.name}, sum))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "\n"))))
}

// aside are kinds of things that are only told with others.
var aside = []string{"version", "order of columns", "parent of", "numbers of"}

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
func changes(before, after schema) []Change {
	var all []Change
	tell := func(t thing, how How, whole schema) {
		if slices.Contains(aside, t.kind) {
			return
		}
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
func without(some, others schema) schema {
	rest := schema{}
	for t, sum := range some {
		if _, there := others[t]; !there {
			rest[t] = sum
		}
	}
	return rest
}
