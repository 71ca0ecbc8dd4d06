package lint

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// counterparts of squawk's rules (2.66) here. A rule of squawk's that is not in this list is a new one.
var counterparts = map[string][]string{
	"require-concurrent-index-creation": {"index-blocks-writes"}, "require-concurrent-index-deletion": {"drop-index-blocks"}, "require-concurrent-reindex": {"reindex-blocks"},
	"disallowed-unique-constraint": {"unique-blocks"}, "constraint-missing-not-valid": {"check-scans", "foreign-key-scans", "unique-blocks"},
	"adding-foreign-key-constraint": {"foreign-key-scans", "reference-locks"}, "adding-not-nullable-field": {"set-not-null-scans"}, "adding-required-field": {"not-null-without-default"},
	"adding-field-with-default": {"column-rewrites"}, "adding-serial-primary-key-field": {"column-rewrites", "unique-blocks"}, "changing-column-type": {"type-rewrites"},
	"ban-drop-column": {"drop-column"}, "ban-drop-table": {"drop-table"}, "ban-drop-database": {"drop-everything"}, "ban-drop-schema": {"drop-everything"}, "ban-drop-not-null": {"drop-not-null"},
	"ban-truncate-cascade": {"truncate"}, "renaming-column": {"rename-column"}, "renaming-table": {"rename"}, "require-concurrent-partition-detach": {"detach-closes-parent"},
	"prefer-repack": {"rewritten-in-place"}, "ban-alter-domain-with-add-constraint": {"domain-constraint"}, "identifier-too-long": {"long-name"}, "transaction-nesting": {"own-transaction"},
	"ban-concurrent-index-creation-in-transaction": {"cannot-run"}, "ban-char-field": {"padded-text"}, "prefer-timestamp-tz": {"time-without-zone"}, "ban-duplicate-column-assignments": {"column-twice"},
	"syntax-error": {"not-understood", "cannot-run"}, "require-concurrent-refresh-matview": {"refresh-closes-view"},
}

// others of squawk's rules have none here.
var others = map[string]string{
	"prefer-robust-stmts": "IF NOT EXISTS is not wanted: a file runs once, whole or not at all", "require-lock-timeout": "dbbot sets it", "require-statement-timeout": "dbbot sets it", "require-timeout-settings": "dbbot sets them",
	"prefer-bigint-over-int": "told of keys alone (narrow-key)", "prefer-bigint-over-smallint": "told of keys alone (narrow-key)",
	"prefer-identity": "a matter of taste; the width of keys is told", "prefer-text-field": "a longer varchar has been free since 9.2", "ban-uncommitted-transaction": "the splitting of the file tells it", "require-enum-value-ordering": "a matter of taste",
	"ban-create-domain-with-constraint": "a new domain has no rows to check", "require-table-schema": "the search path of the database is followed",
}

// reasons for the differences, by who speaks alone and under which rule.
var reasons = map[string]string{
	"only dbbot: check-scans":                           "a CHECK on a new column reads the table too, as measured",
	"only dbbot: column-rewrites":                       "bigserial fills every row; squawk speaks of required fields or of keys only",
	"only dbbot: drop-everything":                       "squawk has a rule for databases only",
	"only dbbot: drop-table":                            "a materialised view is missed as a table is",
	"only dbbot: not-null-without-default":              "DEFAULT NULL is none",
	"only dbbot: not-understood":                        "syntax of PostgreSQL 18, newer than the parser here: treated as risky",
	"only dbbot: own-transaction":                       "squawk takes a file for one without a transaction around it, unless told otherwise; dbbot makes one itself",
	"only dbbot: reference-locks":                       "a new table that refers to another locks that one, as measured",
	"only dbbot: refresh-closes-view":                   "squawk has the rule, switched off",
	"only dbbot: rename":                                "squawk has a rule for tables only",
	"only dbbot: rewritten-in-place":                    "squawk has the rule, switched off",
	"only dbbot: truncate":                              "squawk speaks of CASCADE only",
	"only squawk: adding-foreign-key-constraint":        "the table is empty",
	"only squawk: adding-not-nullable-field":            "the column is NOT NULL already, a CHECK proves it, or the table is empty",
	"only squawk: adding-required-field":                "bigserial has a default; or the table is empty or new",
	"only squawk: adding-serial-primary-key-field":      "the table is new",
	"only squawk: ban-alter-domain-with-add-constraint": "NOT VALID reads nothing",
	"only squawk: ban-char-field":                       "char(1) holds what it says",
	"only squawk: ban-drop-column":                      "the table is new, or the column does not exist",
	"only squawk: ban-drop-not-null":                    "the column may be NULL already, or the table is new",
	"only squawk: ban-drop-table":                       "the table is new, or does not exist",
	"only squawk: changing-column-type":                 "the bytes stay as they are, as measured, or the table is empty",
	"only squawk: constraint-missing-not-valid":         "the table is empty or new",
	"only squawk: disallowed-unique-constraint":         "the table is empty or new",
	"only squawk: renaming-column":                      "the table is new",
	"only squawk: renaming-table":                       "the table is new",
	"only squawk: require-concurrent-index-creation":    "the table is empty or new",
	"only squawk: require-concurrent-index-deletion":    "the table is new",
	"only squawk: require-concurrent-reindex":           "the table is empty",
	"only squawk: transaction-nesting":                  "a savepoint lives within the transaction",
}

// TestBesideSquawk compares the rules with squawk's on all examples. It runs where squawk is installed (npm install
// squawk-cli@2.66.0), found on the PATH or by the variable SQUAWK.
func TestBesideSquawk(t *testing.T) {
	program, err := exec.LookPath(os.Getenv("SQUAWK"))
	if err != nil {
		program, err = exec.LookPath("squawk")
	}
	if err != nil {
		t.Skip("squawk is not installed")
	}
	files, names := exampleFiles(t)
	theirs := squawk(t, program, names)
	var b strings.Builder
	needed := map[string]bool{}
	for i, sql := range files {
		ours := rulesOf(check(known(), sql))
		for _, line := range differences(t, ours, theirs[names[i]]) {
			fmt.Fprintf(&b, "%s\n    %s\n    (%s)\n", line, strings.Join(strings.Fields(sql), " "), reasons[line])
			needed[line] = true
			if reasons[line] == "" {
				t.Errorf("%s: not explained: %s", line, sql)
			}
		}
	}
	for line := range reasons {
		if !needed[line] {
			t.Errorf("explained, but no difference: %s", line)
		}
	}
	golden(t, "squawk.golden", b.String())
}

func exampleFiles(t *testing.T) (files, names []string) {
	dir := t.TempDir()
	for _, e := range examples {
		for _, sql := range slices.Concat(e.speaks, e.silent) {
			if strings.Contains(sql, "---") || slices.Contains(files, sql) {
				continue
			}
			name := filepath.Join(dir, fmt.Sprintf("%04d.sql", len(files)))
			if err := os.WriteFile(name, []byte(sql+";\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			files, names = append(files, sql), append(names, name)
		}
	}
	return files, names
}

// squawk gives the names of the rules that speak, by file.
func squawk(t *testing.T, program string, names []string) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, append([]string{"--pg-version=15.0", "--reporter=json"}, names...)...).Output()
	if len(out) == 0 {
		t.Fatal(err) // it ends with 1 where it found something
	}
	var all []struct {
		File string
		Rule string `json:"rule_name"`
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	byFile := map[string][]string{}
	for _, f := range all {
		byFile[f.File] = append(byFile[f.File], f.Rule)
	}
	return byFile
}

func rulesOf(all []Finding) []string {
	var names []string
	for _, f := range all {
		names = append(names, f.Rule)
	}
	return names
}

func differences(t *testing.T, ours, theirs []string) []string {
	t.Helper()
	both := func(mine []string) bool {
		return slices.ContainsFunc(mine, func(m string) bool { return slices.Contains(ours, m) })
	}
	var lines []string
	met := []string{}
	for _, r := range theirs {
		mine, known := counterparts[r]
		if _, other := others[r]; !known && !other {
			t.Errorf("squawk has a rule that is in no list: %s", r)
		}
		if known && !both(mine) {
			lines = append(lines, "only squawk: "+r)
		}
		met = append(met, mine...)
	}
	for _, m := range ours {
		if shared(m) && !slices.Contains(met, m) {
			lines = append(lines, "only dbbot: "+m)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// shared: squawk has a rule of that kind at all.
func shared(rule string) bool {
	for _, mine := range counterparts {
		if slices.Contains(mine, rule) {
			return true
		}
	}
	return false
}
