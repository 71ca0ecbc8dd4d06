package restore

import (
	"regexp"
	"slices"
	"strings"
)

// entry is one line of an archive's table of contents, as pg_restore -l shows it.
type entry struct {
	line         string
	id           string
	kind         string // "TABLE DATA"
	schema, name string // as far as a line tells them apart: blanks in names move the border
}

// kinds of entries that matter here; the longer ones first where one begins with another.
var kinds = []string{
	"TABLE DATA", "EXTENSION", "COMMENT", "EVENT TRIGGER", "SUBSCRIPTION TABLE", "SUBSCRIPTION", "PUBLICATION TABLES IN SCHEMA", "PUBLICATION TABLE",
	"PUBLICATION", "POLICY", "ROW SECURITY", "DEFAULT ACL", "USER MAPPING", "INDEX ATTACH", "INDEX", "FK CONSTRAINT", "CONSTRAINT", "TRIGGER", "RULE",
	"MATERIALIZED VIEW DATA", "STATISTICS",
}

// later are the kinds that come after the rows, as far as they take time.
var later = []string{"INDEX", "CONSTRAINT", "FK CONSTRAINT", "MATERIALIZED VIEW DATA"}

var listed = regexp.MustCompile(`^(\d+); \d+ \d+ (.*)$`)

// contents reads what pg_restore -l wrote.
func contents(text string) (all []entry) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		parts := listed.FindStringSubmatch(line)
		if parts == nil {
			continue
		}
		e := entry{line: line, id: parts[1]}
		var rest string
		e.kind, rest = kindOf(parts[2])
		e.schema, e.name, _ = strings.Cut(rest, " ")
		all = append(all, e)
	}
	return all
}

// object is the name without the owner behind it, which may be empty.
func (e entry) object() string { return e.name[:max(0, strings.LastIndexByte(e.name, ' '))] }

func (e entry) owner() string { return e.name[strings.LastIndexByte(e.name, ' ')+1:] }

// kindOf splits what a text begins with off; nothing where that is no kind of ours.
func kindOf(text string) (kind, rest string) {
	for _, kind := range kinds {
		if rest, ok := strings.CutPrefix(text, kind+" "); ok {
			return kind, rest
		}
	}
	return "", ""
}

// using writes the list that pg_restore goes by, without what omit says.
func using(all []entry, omit func(entry) bool) string {
	var b strings.Builder
	for _, e := range all {
		if !omit(e) {
			b.WriteString(e.line + "\n")
		}
	}
	return b.String()
}

// count says how many entries are of some kinds.
func count(all []entry, of []string) (n int64) {
	for _, e := range all {
		if slices.Contains(of, e.kind) {
			n++
		}
	}
	return n
}
