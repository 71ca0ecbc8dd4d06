package migrate

import "testing"

func TestEmpty(t *testing.T) {
	for sql, want := range map[string]bool{
		"": true, " \t\r\n\f\v": true, "-- This is an empty migration.": true, "--a\n--b\r\n": true, "/* a */": true, "/* a /* b */ c */ ;;": true,
		"/* never ended": true, ";": true, ";\n;": true, "-- a\r;": true, "; -- a\n; /* ; */": true,
		"SELECT 1": false, "-- a\nSELECT 1": false, "/* a /* b */ */ SELECT 1": false, "/* a */ - 1": false, ";;SELECT 1": false, "/": false, "-": false, "- - 1": false, "\u00a0": false, "\ufeff": false,
	} {
		if got := (&File{SQL: []byte(sql)}).Empty(); got != want {
			t.Errorf("%q: got %v", sql, got)
		}
	}
}

func TestReversible(t *testing.T) {
	some, none := &File{SQL: []byte("DROP TABLE a")}, &File{SQL: []byte("-- nothing")}
	for _, test := range []struct {
		up, down *File
		want     bool
	}{{some, some, true}, {some, none, false}, {some, nil, false}, {none, none, true}, {none, nil, false}, {nil, some, true}, {nil, none, false}} {
		if got := (Migration{Up: test.up, Down: test.down}).Reversible(); got != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}
