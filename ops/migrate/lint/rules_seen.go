package lint

import (
	"fmt"
	"slices"
)

var seenRules = []rule{
	{
		name: "seen-in-rehearsal", sized: true, severity: Warning, judge: unforeseen,
		why: "The statement alone does not show it: a function, a trigger or a block did it.",
	},
}

func rewrites(l Lock) bool { return l.Rewrite }

func reads(l Lock) bool { return l.Rewrite || l.Scan }

// unless leaves out what a rehearsal has shown not to be so.
func (s *spot) unless(r rule, hits []hit) []hit {
	if r.claims == nil || s.seen() == nil {
		return hits
	}
	return slices.DeleteFunc(hits, func(h hit) bool {
		return !slices.ContainsFunc(s.locks, func(l Lock) bool {
			return (l.Relation == h.table || s.isPartition(h.table, l.Relation)) && r.claims(l)
		})
	})
}

// seen is what a rehearsal saw of the statement; nil where nothing was.
func (s *spot) seen() *Seen {
	if s.index >= len(s.parsed.Seen) {
		return nil
	}
	return s.parsed.Seen[s.index]
}

// unforeseen: tables that a rehearsal saw closed, written anew or read whole, of which no rule knew.
func unforeseen(s *spot) []hit {
	if s.seen() == nil {
		return nil
	}
	ruled := Locks(s.Statement, s.facts)
	var all []hit
	for _, l := range s.seen().Locks {
		if l.Blocks() == "" || slices.ContainsFunc(ruled, func(r Lock) bool {
			return r.Relation == l.Relation && r.Blocks() == l.Blocks() && r.Rewrite == l.Rewrite
		}) {
			continue
		}
		what := fmt.Sprintf("In the rehearsal it closed %s to %s", shown(l.Relation), l.Blocks())
		if l.Rewrite {
			what += ", and wrote every row anew"
		}
		all = append(all, hit{table: l.Relation, what: what + "."})
	}
	return all
}
