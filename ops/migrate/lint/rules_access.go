package lint

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Rules about rights and secrets.
var accessRules = []rule{
	{ // 66
		name: "needs-superuser", severity: Severe, judge: needsSuperuser,
		why: "The role that applies the migrations is none, so that it fails unless the provider allows it.",
	},
	{ // 67
		name: "security-definer", severity: Warning, judge: securityDefiner,
		why: "Whoever calls it chooses the tables it works on, with the rights of its owner.",
	},
	{ // 67
		name: "grant-to-public", severity: Warning, judge: grantToPublic,
		why: "Every role of the server has the right then, those to come too.",
	},
	{ // 67
		name: "no-row-security", severity: Warning, whole: noRowSecurity,
		why: "At Supabase every table of this schema can be reached from outside.",
	},
	{ // 71
		name: "triggers-off", severity: Severe, judge: triggersOff,
		why: "Foreign keys and other checks by triggers do not hold for what is written meanwhile.",
	},
	{ // 72
		name: "password-in-file", severity: Severe, judge: passwordInFile,
		why: "It is in the repository for ever, and in the server's log. dbbot hides it where it shows the file.",
	},
}

// trusted extensions may be made by whoever may create things in the database (from PostgreSQL 13 on).
var trusted = []string{
	"btree_gin", "btree_gist", "citext", "cube", "dict_int", "fuzzystrmatch", "hstore", "intarray", "isn", "lo", "ltree", "pgcrypto", "pg_trgm",
	"plperl", "plpgsql", "pltcl", "seg", "tablefunc", "tcn", "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp",
}

func needsSuperuser(s *spot) []hit {
	if s.facts.Superuser || s.facts.Tables == nil {
		return nil
	}
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_AlterSystemStmt, *pg.Node_CreateTableSpaceStmt, *pg.Node_CreateEventTrigStmt, *pg.Node_CreateSubscriptionStmt:
	case *pg.Node_CreateExtensionStmt:
		if slices.Contains(trusted, n.CreateExtensionStmt.GetExtname()) {
			return nil
		}
	case *pg.Node_CreateFunctionStmt:
		language := option(n.CreateFunctionStmt.GetOptions(), "language").GetArg().GetString_().GetSval()
		if language != "c" && language != "internal" {
			return nil
		}
	case *pg.Node_CopyStmt:
		if !n.CopyStmt.GetIsProgram() && n.CopyStmt.GetFilename() == "" {
			return nil
		}
	default:
		return nil
	}
	return one(hit{what: s.Tag + " needs a superuser."})
}

func securityDefiner(s *spot) []hit {
	f := s.Node.GetCreateFunctionStmt()
	d := option(f.GetOptions(), "security")
	if d == nil || !d.GetArg().GetBoolean().GetBoolval() {
		return nil
	}
	for _, o := range f.GetOptions() {
		if v := o.GetDefElem().GetArg().GetVariableSetStmt(); v.GetName() == "search_path" {
			return nil
		}
	}
	name := short(strings.Join(texts(f.GetFuncname()), "."))
	return one(hit{what: "The function " + name + " runs with its owner's rights and no search_path of its own.", safe: "CREATE FUNCTION … SECURITY DEFINER SET search_path = pg_catalog, pg_temp …;"})
}

func grantToPublic(s *spot) []hit {
	g := s.Node.GetGrantStmt()
	if !g.GetIsGrant() {
		return nil
	}
	public := slices.ContainsFunc(g.GetGrantees(), func(r *pg.Node) bool {
		return r.GetRoleSpec().GetRoletype() == pg.RoleSpecType_ROLESPEC_PUBLIC
	})
	if !public {
		return nil
	}
	return one(hit{what: "A right is given to everybody (PUBLIC)."})
}

// noRowSecurity: tables that the file makes and never closes.
func noRowSecurity(f *file) []hit {
	if !f.facts.Policies {
		return nil
	}
	open := map[string]int{}
	for i, s := range f.parsed.Script.Statements {
		if c := s.Node.GetCreateStmt(); c != nil {
			open[f.facts.key(c.GetRelation())] = i
		}
		a := s.Node.GetAlterTableStmt()
		for _, c := range a.GetCmds() {
			if c.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_EnableRowSecurity {
				delete(open, f.facts.key(a.GetRelation()))
			}
		}
	}
	var all []hit
	for key, i := range open {
		if schema, _ := split(key); schema == "public" {
			all = append(all, hit{table: key, statement: i, what: "The new table " + shown(key) + " has no row security.", safe: altering(key, "ENABLE ROW LEVEL SECURITY")})
		}
	}
	slices.SortFunc(all, func(a, b hit) int { return a.statement - b.statement })
	return all
}

func triggersOff(s *spot) []hit {
	if v := s.Node.GetVariableSetStmt(); strings.EqualFold(v.GetName(), "session_replication_role") && v.GetKind() == pg.VariableSetKind_VAR_SET_VALUE {
		if to := v.GetArgs()[0].GetAConst().GetSval().GetSval(); strings.EqualFold(to, "origin") {
			return nil
		}
		return one(hit{what: "session_replication_role switches all triggers off."})
	}
	return each(func(_ *spot, table string, _ *pg.AlterTableCmd) []hit {
		return one(hit{table: table, what: "Triggers of " + shown(table) + " are switched off."})
	}, pg.AlterTableType_AT_DisableTrig, pg.AlterTableType_AT_DisableTrigAll, pg.AlterTableType_AT_DisableTrigUser)(s)
}

func passwordInFile(s *spot) []hit {
	var options []*pg.Node
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_CreateRoleStmt:
		options = n.CreateRoleStmt.GetOptions()
	case *pg.Node_AlterRoleStmt:
		options = n.AlterRoleStmt.GetOptions()
	case *pg.Node_CreateUserMappingStmt:
		options = n.CreateUserMappingStmt.GetOptions()
	}
	if option(options, "password").GetArg() == nil {
		return nil
	}
	return one(hit{what: "A password stands in the file.", safe: "CREATE ROLE … LOGIN; -- and \\password in psql"})
}
