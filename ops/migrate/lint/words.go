package lint

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	pg "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops"
)

// shown is the name of a relation as people say it: without the schema that goes without saying.
func shown(key string) string { return ops.Printable(strings.TrimPrefix(key, "public."), 80) }

// sql is the name of a relation as SQL wants it.
func sql(key string) string {
	schema, name, both := strings.Cut(strings.TrimPrefix(key, "public."), ".")
	if !both {
		return quote(schema)
	}
	return quote(schema) + "." + quote(name)
}

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// quote a name where PostgreSQL needs it.
func quote(name string) string {
	if plainName.MatchString(name) && !reserved(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func quoted(names []string) string {
	var all []string
	for _, n := range names {
		all = append(all, quote(n))
	}
	return strings.Join(all, ", ")
}

func reserved(name string) bool {
	scan, err := pg.Scan(name)
	return name == strings.ToLower(name) && err == nil && len(scan.GetTokens()) == 1 && scan.GetTokens()[0].GetKeywordKind() == pg.KeywordKind_RESERVED_KEYWORD
}

// deparse writes a statement back as SQL; empty where that fails, so that nothing wrong is advised.
func deparse(n *pg.Node) string {
	text, err := pg.Deparse(&pg.ParseResult{Version: grammar(), Stmts: []*pg.RawStmt{{Stmt: n}}})
	if err != nil {
		return ""
	}
	return text + ";"
}

// grammar is the parser's own version, which it wants to see on trees that it did not make.
var grammar = sync.OnceValue(func() int32 {
	tree, err := pg.Parse("SELECT")
	if err != nil {
		return 0
	}
	return tree.GetVersion()
})

// altering makes an ALTER TABLE with one command, as SQL.
func altering(table string, format string, args ...any) string {
	return "ALTER TABLE " + sql(table) + " " + fmt.Sprintf(format, args...) + ";"
}

func lines(all ...string) string { return strings.Join(all, "\n") }

func short(name string) string { return ops.Printable(name, 40) }

// split a key into schema and name.
func split(key string) (schema, name string) {
	schema, name, _ = strings.Cut(key, ".")
	return schema, name
}
