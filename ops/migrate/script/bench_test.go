package script

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"dbbot/ops/migrate"
)

// ten statements of the kinds that migrations are made of.
const ten = `CREATE TABLE orders_%[1]d (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers (id), total numeric(12,2) NOT NULL DEFAULT 0, note text, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX orders_%[1]d_customer ON orders_%[1]d (customer_id);
ALTER TABLE customers ADD COLUMN last_order_%[1]d bigint;
ALTER TABLE orders_%[1]d ADD CONSTRAINT positive CHECK (total >= 0) NOT VALID;
ALTER TABLE orders_%[1]d VALIDATE CONSTRAINT positive;
CREATE OR REPLACE FUNCTION touch_%[1]d() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.created_at := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON orders_%[1]d FOR EACH ROW EXECUTE FUNCTION touch_%[1]d();
INSERT INTO settings (name, value) VALUES ('orders_%[1]d', 'on'), ('limit_%[1]d', '10');
UPDATE customers SET last_order_%[1]d = (SELECT max(id) FROM orders_%[1]d WHERE customer_id = customers.id);
COMMENT ON TABLE orders_%[1]d IS 'one of many';
`

// BenchmarkFolder: 300 files with 3,000 statements, read and taken apart; the memory is what stays in use while all of
// them are held.
func BenchmarkFolder(b *testing.B) {
	dir := b.TempDir()
	for i := range 300 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d_more.up.sql", i)), fmt.Appendf(nil, ten, i), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var held []Script
	for b.Loop() {
		held = held[:0]
		set, err := migrate.Folder{Tool: migrate.GolangMigrate, Dir: dir}.Load()
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, m := range set.Migrations {
			held = append(held, Parse(m.Up.SQL))
			n += len(held[len(held)-1].Statements)
		}
		if n != 3000 {
			b.Fatal(n)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB-held")
	runtime.KeepAlive(held)
}

// BenchmarkLongFiles: 20 MB in one file.
func BenchmarkLongFiles(b *testing.B) {
	for name, line := range map[string]string{
		"inserts": "INSERT INTO t (a, b, c) VALUES (1, 'some text that is here', now());\n",
		"rows":    "(1, 'some text that is here', now()),\n",
		"alters":  "ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT '';\n",
	} {
		b.Run(name, func(b *testing.B) {
			sql := []byte(strings.Repeat(line, 20_000_000/len(line)))
			if name == "rows" {
				sql = append([]byte("INSERT INTO t (a, b, c) VALUES "), append(sql, "(1, '', now())"...)...)
			}
			b.SetBytes(int64(len(sql)))
			for b.Loop() {
				if s := Parse(sql); (s.Fault == "") != (name != "alters") {
					b.Fatal(s.Fault)
				}
			}
		})
	}
}
