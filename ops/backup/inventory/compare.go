package inventory

import (
	"fmt"
	"maps"
	"slices"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// longest bounds how many sentences are made: who reads more of them learns nothing new.
const longest = 30

// Compare says what of a backup is not as it was, a sentence each; none: all is. Sequences may stand further on than
// they should: nobody stops them while a dump begins. Versions of extensions may differ: a dump names none. Hashes and
// digests are compared where both sides have them.
func Compare(want, got backup.Inventory) []string {
	var c comparison
	c.tables(want, got)
	c.sequences(want, got)
	c.extensions(want, got)
	c.objects(want, got)
	if want.LargeObjects != got.LargeObjects {
		c.say("There are %s instead of %d.", ops.Count(int(got.LargeObjects), "large object"), want.LargeObjects)
	}
	if n := len(c.found) - longest; n > 0 {
		c.found = append(c.found[:longest], fmt.Sprintf("And %s more.", ops.Count(n, "difference")))
	}
	return c.found
}

type comparison struct{ found []string }

func (c *comparison) say(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

func (c *comparison) tables(want, got backup.Inventory) {
	there := index(got.Tables, func(t backup.Table) string { return named(t.Schema, t.Name) })
	for _, w := range want.Tables {
		name := named(w.Schema, w.Name)
		g, ok := there[name]
		delete(there, name)
		switch {
		case !ok:
			c.say("Table %s is missing.", name)
		case g.Rows != w.Rows:
			c.say("Table %s has %s instead of %d.", name, ops.Count(int(g.Rows), "row"), w.Rows)
		case w.Hash != "" && g.Hash != "" && w.Hash != g.Hash:
			c.say("Table %s has the right number of rows, but not the same ones.", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		c.say("Table %s is too many: the backup has none of that name.", name)
	}
}

func (c *comparison) sequences(want, got backup.Inventory) {
	there := index(got.Sequences, func(s backup.Sequence) string { return named(s.Schema, s.Name) })
	for _, w := range want.Sequences {
		name := named(w.Schema, w.Name)
		g, ok := there[name]
		delete(there, name)
		switch behind := g.Last < w.Last; {
		case !ok:
			c.say("Sequence %s is missing.", name)
		case g.Last == w.Last && w.Called && !g.Called, g.Last != w.Last && behind == (w.Increment >= 0):
			c.say("Sequence %s stands at %d instead of %d, and would give numbers a second time.", name, g.Last, w.Last)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		c.say("Sequence %s is too many: the backup has none of that name.", name)
	}
}

func (c *comparison) extensions(want, got backup.Inventory) {
	there := index(got.Extensions, func(e backup.Extension) string { return e.Name })
	for _, w := range want.Extensions {
		if _, ok := there[w.Name]; !ok {
			c.say("Extension %s is missing.", ops.Printable(w.Name, longestName))
		}
	}
}

func (c *comparison) objects(want, got backup.Inventory) {
	kinds := maps.Clone(want.Objects)
	if kinds == nil {
		kinds = map[string]int{}
	}
	maps.Copy(kinds, got.Objects)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		w, g := want.Objects[kind], got.Objects[kind]
		before, after := want.Digests[kind], got.Digests[kind]
		switch {
		case w != g && g == 1:
			c.say("There is 1 %s instead of %d.", kind, w)
		case w != g:
			c.say("There are %d %s instead of %d.", g, several(kind), w)
		case before != "" && after != "" && before != after:
			c.say("The number of %s is right, but not all of them are as they were.", several(kind))
		}
	}
}

// irregular are the kinds whose plural has more than an s.
var irregular = map[string]string{
	"index": "indexes", "policy": "policies", "statistics": "statistics", "operator class": "operator classes",
	"operator family": "operator families", "text search dictionary": "text search dictionaries",
}

func several(kind string) string {
	if plural, ok := irregular[kind]; ok {
		return plural
	}
	return kind + "s"
}

// longestName is what is shown of a schema's or an object's name, in characters: PostgreSQL's own limit.
const longestName = 63

func named(schema, name string) string {
	return ops.Printable(schema, longestName) + "." + ops.Printable(name, longestName)
}

func index[T any](all []T, name func(T) string) map[string]T {
	by := map[string]T{}
	for _, one := range all {
		by[name(one)] = one
	}
	return by
}
