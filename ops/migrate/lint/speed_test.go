package lint

import (
	"fmt"
	"strings"
	"testing"

	"dbbot/ops/migrate/script"
)

// BenchmarkCheck judges 300 files with 3,000 statements over 300 tables.
func BenchmarkCheck(b *testing.B) {
	f := known()
	var steps []Parsed
	for i := range 300 {
		f.Tables[fmt.Sprintf("public.t_%d", i)] = f.Tables["public.big"]
		sql := strings.ReplaceAll(`ALTER TABLE t_@ ADD COLUMN c_@ int NOT NULL DEFAULT 0;
			CREATE TABLE n_@ (id bigint PRIMARY KEY, t bigint REFERENCES t_@, note text, at timestamptz DEFAULT now());
			CREATE INDEX ON n_@ (t); CREATE INDEX i_@ ON t_@ (total, note); UPDATE t_@ SET total = 0 WHERE note IS NULL;
			ALTER TABLE t_@ ALTER total SET NOT NULL; ALTER TABLE t_@ ADD CONSTRAINT k_@ CHECK (total > 0) NOT VALID;
			INSERT INTO n_@ (id, t) SELECT id, id FROM t_@; COMMENT ON TABLE t_@ IS 'x'; DROP INDEX big_note;`, "@", fmt.Sprint(i))
		steps = append(steps, parsed(sql))
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(Check(steps, f)) == 0 || len(Mentioned(steps)) == 0 {
			b.Fatal("nothing found")
		}
	}
}

// BenchmarkParseAndCheck is the whole way from bytes.
func BenchmarkParseAndCheck(b *testing.B) {
	sql := []byte(strings.Repeat("ALTER TABLE big ADD COLUMN c int NOT NULL DEFAULT 0;\n", 3000))
	f := known()
	b.ReportAllocs()
	for b.Loop() {
		Check([]Parsed{{Script: script.Parse(sql)}}, f)
	}
}
