package script

import (
	"regexp"
	"sort"
	"strings"

	pg_query "github.com/pganalyze/pg_query_go/v6"
)

var allowed = regexp.MustCompile(`^--\s*dbbot:allow\s+(\S+)\s*(.*?)\s*$`)

// allows finds the comments that silence a rule; only real comments count, so the words are looked for by the
// parser's own scanner.
func allows(text string, statements []Statement) []Allow {
	if !strings.Contains(text, "dbbot:allow") {
		return nil
	}
	scan, err := pg_query.Scan(text)
	if err != nil {
		return nil
	}
	var all []Allow
	line, counted := 1, 0
	for _, t := range scan.GetTokens() {
		if t.GetToken() != pg_query.Token_SQL_COMMENT {
			continue
		}
		if m := allowed.FindStringSubmatch(text[t.GetStart():t.GetEnd()]); m != nil {
			start := int(t.GetStart())
			line, counted = line+strings.Count(text[counted:start], "\n"), start
			all = append(all, Allow{Rule: m[1], Reason: m[2], Line: line, Statement: belongs(text, start, statements)})
		}
	}
	return all
}

// belongs gives the statement that a comment at an offset is about.
func belongs(text string, offset int, statements []Statement) int {
	i := sort.Search(len(statements), func(i int) bool { return statements[i].Offset > offset }) - 1
	if i > 0 && !strings.Contains(text[statements[i].Offset:offset], "\n") && opening(statements[i].Text) > offset-statements[i].Offset {
		return i - 1 // behind the semicolon, on the same line
	}
	return i
}

var warned = regexp.MustCompile(`(?s)^\s*/\*\s*\n\s*Warnings:\s*\n(.*?)\*/`)

// warnings reads the comment that Prisma puts at the head of a file that loses data, one entry for each of its points
// (reference 2.3).
func warnings(text string) []string {
	block := warned.FindStringSubmatch(text)
	if block == nil {
		return nil
	}
	var all []string
	for line := range strings.Lines(block[1]) {
		line = strings.TrimSpace(line)
		point, isPoint := strings.CutPrefix(line, "- ")
		switch {
		case isPoint:
			all = append(all, point)
		case line != "" && len(all) > 0:
			all[len(all)-1] += " " + line
		}
	}
	return all
}
