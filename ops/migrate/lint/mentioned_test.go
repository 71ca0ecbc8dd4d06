package lint

import (
	"fmt"
	"testing"
)

func TestMentioned(t *testing.T) {
	sql := `ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES s.b; DROP INDEX s.i, j; DROP TRIGGER t ON c; UPDATE d SET x = (SELECT 1 FROM "E");
		CREATE TABLE f (LIKE g); ALTER TABLE f ATTACH PARTITION h FOR VALUES IN (1); CREATE VIEW v AS SELECT * FROM a; COMMENT ON TABLE k IS 'x'; DROP POLICY p ON s.l;
		REINDEX INDEX m; GRANT SELECT ON n TO ana; DROP TABLE o`
	got := fmt.Sprint(Mentioned([]Parsed{parsed(sql), parsed("DROP TABLE a")}))
	want := "[{ E} { a} { c} { d} { f} { g} { h} { j} { k} { m} { n} { o} { v} {s b} {s i} {s l}]"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
