package lint

import (
	"bytes"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"dbbot/ops"
)

var toolRules = []rule{
	{ // 4, 62, 65
		name: "cannot-run", severity: Severe, whole: refusedFile,
		why: "The file cannot be run as it is.",
	},
	{ // 69
		name: "not-understood", severity: Severe, whole: faultyFile,
		why: "It may be newer syntax or a mistake. Nothing is known about its locks, and it runs as one batch.",
	},
	{ // 68
		name: "empty-file", severity: Warning, whole: emptyFile,
		why: "The migration counts as applied and does nothing.",
	},
	{ // 65
		name: "line-ends", severity: Note, whole: lineEnds,
		why: "Prisma's checksum and dbbot's are over bytes: a checkout that changes line ends makes the file look edited.",
	},
	{ // 64
		name: "tools-own-table", severity: Severe, judge: ownTable,
		why: "The tool then believes what the file wrote there instead of what happened.",
	},
	{ // 63
		name: "server-wide", severity: Severe, judge: serverWide,
		why: "It concerns more than this database, and no transaction undoes it.",
	},
	{ // 70
		name: "unseen-code", severity: Warning, judge: unseen,
		why: "What it does is decided when it runs: none of the rules sees into it.",
	},
}

func refusedFile(f *file) []hit {
	if f.parsed.Script.Refused == "" {
		return nil
	}
	return one(hit{statement: wholeFile, what: f.parsed.Script.Refused})
}

func faultyFile(f *file) []hit {
	if f.parsed.Script.Fault == "" {
		return nil
	}
	return one(hit{statement: wholeFile, what: "The file was not understood: " + f.parsed.Script.Fault + "."})
}

func emptyFile(f *file) []hit {
	s := f.parsed.Script
	if len(s.Statements) > 0 || s.Fault != "" || s.Refused != "" {
		return nil
	}
	return one(hit{statement: wholeFile, what: "The file holds no statement."})
}

func lineEnds(f *file) []hit {
	file := f.parsed.Step.File()
	if file == nil || !bytes.Contains(file.SQL, []byte("\r\n")) {
		return nil
	}
	return one(hit{statement: wholeFile, what: "The lines end as Windows ends them (CRLF)."})
}

// bookkeeping are the tables in which the tools, and dbbot itself, write down what is applied.
var bookkeeping = []string{"schema_migrations", "_prisma_migrations", "dbbot_migrations"}

func ownTable(s *spot) []hit {
	for _, l := range s.locks {
		_, name := split(l.Relation)
		if slices.Contains(bookkeeping, name) {
			return one(hit{table: l.Relation, what: s.Tag + " touches " + shown(l.Relation) + ", in which the migrations are written down."})
		}
	}
	return nil
}

func serverWide(s *spot) []hit {
	switch s.Node.GetNode().(type) {
	case *pg.Node_AlterSystemStmt, *pg.Node_CreatedbStmt, *pg.Node_CreateTableSpaceStmt, *pg.Node_DropTableSpaceStmt,
		*pg.Node_CreateSubscriptionStmt, *pg.Node_AlterSubscriptionStmt, *pg.Node_DropSubscriptionStmt:
		return one(hit{what: s.Tag + " changes the server."})
	case *pg.Node_AlterDatabaseStmt, *pg.Node_AlterDatabaseSetStmt:
		return one(hit{severity: Warning, what: s.Tag + " changes the database for all its sessions.", why: "Sessions that are open keep the old setting."})
	}
	return nil
}

func unseen(s *spot) []hit {
	switch {
	case s.Node.GetDoStmt() != nil:
		body := strings.ToLower(option(s.Node.GetDoStmt().GetArgs(), "as").GetArg().GetString_().GetSval())
		if strings.Contains(body, "execute") {
			return one(hit{severity: Severe, what: "A DO block makes its SQL only when it runs (EXECUTE)."})
		}
		return one(hit{what: "A DO block runs code."})
	case s.Node.GetCallStmt() != nil:
		names := texts(s.Node.GetCallStmt().GetFunccall().GetFuncname())
		return one(hit{what: "The procedure " + short(strings.Join(names, ".")) + " is called."})
	}
	return nil
}

func short100(text string) string { return ops.Printable(text, 100) }
