package lint

import (
	"slices"
	"strings"
	"testing"
)

var rowExamples = []example{
	{
		rule:   "many-rows",
		speaks: []string{"UPDATE big SET total = 1 WHERE id > 7"},
		silent: []string{"DELETE FROM big WHERE id > 7", "UPDATE big SET total = 1 WHERE id > 8", "UPDATE big SET total = 1"},
	},
}

// What the planner expects makes the rule speak; without it, it keeps silent.
func TestManyRows(t *testing.T) {
	const where = " WHERE id > 7"
	for sql, test := range map[string]struct {
		rows int64
		want string
	}{
		"UPDATE big SET total = 1" + where:                            {12_000, "warning UPDATE writes about 12,000 rows of big, as the server's planner expects."},
		"DELETE FROM big" + where:                                     {1_000_000, "severe DELETE deletes about 1.0 million rows of big, as the server's planner expects."},
		"INSERT INTO big SELECT * FROM small":                         {10_000, "warning INSERT adds about 10,000 rows of big, as the server's planner expects."},
		"MERGE INTO big USING small ON true WHEN MATCHED THEN DELETE": {10_000, "warning MERGE looks at about 10,000 rows of big, as the server's planner expects."},
		"UPDATE small SET total = 1" + where:                          {9_999, ""},
		"UPDATE big SET total = 2":                                    {2_400_000, ""}, // change-without-where says it
		"UPDATE middling SET total = 1" + where:                       {-1, ""},
		"CREATE TABLE t (id int); UPDATE t SET id = 1" + where:        {-1, ""},
		"UPDATE gone SET total = 1" + where:                           {-1, ""},
	} {
		p, f := parsed(sql), known()
		countable := Countable([]Parsed{p, p}, f)
		asked := p.Script.Statements[len(p.Script.Statements)-1].Text
		if test.rows >= 0 {
			f.Touched = map[string]int64{asked: test.rows}
		}
		exists := !strings.Contains(sql, "UPDATE t ") && !strings.Contains(sql, "UPDATE gone ")
		if slices.Contains(countable, asked) != exists || len(countable) > 1 {
			t.Errorf("%s: countable %q", sql, countable)
		}
		said := ""
		for _, found := range ofRule("many-rows", Check([]Parsed{p}, f)) {
			said = string(found.Severity) + " " + found.What
		}
		if said != test.want {
			t.Errorf("%s: got %s", sql, said)
		}
	}
}
