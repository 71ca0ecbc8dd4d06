package inventory

import (
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/backup"
	"dbbot/ops/postgres/cluster/clustertest"
)

const shop = `CREATE SCHEMA shop; CREATE TABLE shop.customers (id int PRIMARY KEY, name text NOT NULL, kind varchar(3) CHECK (kind IN ('a', 'b'))); INSERT INTO shop.customers SELECT n, 'name ' || n, 'a' FROM generate_series(1, 50) n;
	CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES shop.customers, total numeric DEFAULT 3 CHECK (total > 0)); INSERT INTO orders (customer) SELECT 1 + n % 50 FROM generate_series(1, 300) n;
	CREATE VIEW large AS SELECT * FROM orders WHERE total > 100; CREATE FUNCTION twice(a int) RETURNS int RETURN a * 2; CREATE TYPE mood AS ENUM ('good', 'bad');
	CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION t(); SELECT lo_from_bytea(0, 'x')`

// Each change is named, and nothing else is.
func TestDifferences(t *testing.T) {
	before := clustertest.Database(t)
	clustertest.Exec(t, before, shop)
	want := read(t, before)
	conn := clustertest.Connect(t, before)
	for change, says := range map[string]string{
		"SELECT 1":                                                               "",
		"DELETE FROM orders WHERE id = 7":                                        "Table public.orders has 299 rows instead of 300.",
		"UPDATE orders SET total = 4":                                            "Table public.orders has the right number of rows, but not the same ones.",
		"UPDATE orders SET total = total":                                        "", // the rows lie elsewhere
		"ALTER TABLE orders ADD x int; ALTER TABLE orders DROP x":                "",
		"DROP TABLE shop.customers CASCADE":                                      "Table shop.customers is missing. There are 2 constraints instead of 5. There is 1 index instead of 2. There are 6 columns instead of 9. There is 1 table instead of 2.",
		"CREATE TABLE more ()":                                                   "Table public.more is too many: the backup has none of that name. There are 3 tables instead of 2.",
		"SELECT setval('orders_id_seq', 2)":                                      "Sequence public.orders_id_seq stands at 2 instead of 300, and would give numbers a second time.",
		"SELECT setval('orders_id_seq', 300, false)":                             "Sequence public.orders_id_seq stands at 300 instead of 300, and would give numbers a second time.",
		"SELECT setval('orders_id_seq', 301)":                                    "",
		"DROP SEQUENCE orders_id_seq CASCADE":                                    "Sequence public.orders_id_seq is missing. The number of columns is right, but not all of them are as they were.",
		"CREATE SEQUENCE s":                                                      "Sequence public.s is too many: the backup has none of that name.",
		"CREATE OR REPLACE VIEW large AS SELECT * FROM orders WHERE total > 200": "The number of views is right, but not all of them are as they were.",
		"ALTER TABLE orders ALTER total SET DEFAULT 4":                           "The number of columns is right, but not all of them are as they were.",
		"ALTER TABLE orders ALTER total TYPE numeric(9, 2)":                      "The number of columns is right, but not all of them are as they were. Table public.orders has the right number of rows, but not the same ones. The number of views is right, but not all of them are as they were.",
		"CREATE OR REPLACE FUNCTION twice(a int) RETURNS int RETURN a * 3":       "The number of functions is right, but not all of them are as they were.",
		"CREATE OR REPLACE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'":                                   "The number of functions is right, but not all of them are as they were.",
		"ALTER TABLE orders DISABLE TRIGGER t":                                                                                          "The number of triggers is right, but not all of them are as they were.",
		"ALTER TYPE mood RENAME VALUE 'bad' TO 'sad'":                                                                                   "The number of enums is right, but not all of them are as they were.",
		"ALTER TABLE orders DROP CONSTRAINT orders_total_check; ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total > 1)": "The number of constraints is right, but not all of them are as they were.",
		"CREATE INDEX i ON orders (total)":                                                                                              "There are 3 indexes instead of 2.",
		"DROP TRIGGER t ON orders":                                                                                                      "There are 0 triggers instead of 1.",
		"SELECT lo_unlink(loid) FROM (SELECT oid FROM pg_largeobject_metadata) l (loid)":                                                "There are 0 large objects instead of 1.",
		"ALTER TABLE orders ENABLE ROW LEVEL SECURITY":                                                                                  "The number of tables is right, but not all of them are as they were.",
	} {
		if strings.Contains(change, "numeric(9") {
			change = "DROP VIEW large; " + change + "; CREATE VIEW large AS SELECT * FROM orders WHERE total > 100"
			says = "Table public.orders has the right number of rows, but not the same ones. The number of columns is right, but not all of them are as they were."
		}
		got := changed(t, conn, "SELECT setval('orders_id_seq', 300); "+change)
		if got := Compare(want, got); !same(got, says) {
			t.Errorf("%s: %q, want %q", change, got, says)
		}
	}
}

// changed is what a database holds after a change that is taken back.
func changed(tb testing.TB, conn *pgx.Conn, change string) (held backup.Inventory) {
	tb.Helper()
	tx, err := conn.Begin(tb.Context())
	if err == nil {
		_, err = tx.Exec(tb.Context(), change, pgx.QueryExecModeSimpleProtocol)
	}
	if err == nil {
		held, err = Read(tb.Context(), tx, true, quiet)
	}
	if err == nil {
		err = Hash(tb.Context(), tx, &held, quiet)
	}
	if err == nil {
		err = tx.Rollback(tb.Context())
	}
	if err != nil {
		tb.Fatalf("%s: %v", change, err)
	}
	return held
}

// same compares sentences, whatever their order.
func same(found []string, says string) bool {
	for _, one := range found {
		if !strings.Contains(says, one) {
			return false
		}
	}
	return len(strings.Join(found, " ")) == len(says)
}

func TestAFallingSequence(t *testing.T) {
	want := backup.Inventory{Sequences: []backup.Sequence{{Name: "s", Last: -3, Called: true, Increment: -3}}}
	for last, good := range map[int64]bool{-3: true, -6: true, 0: false} {
		got := backup.Inventory{Sequences: []backup.Sequence{{Name: "s", Last: last, Called: true, Increment: -3}}}
		if found := Compare(want, got); (len(found) == 0) != good {
			t.Errorf("%d: %q", last, found)
		}
	}
}

func TestManyDifferencesAreBounded(t *testing.T) {
	var want backup.Inventory
	for i := range 40 {
		want.Tables = append(want.Tables, backup.Table{Name: strings.Repeat("x", i+1)})
	}
	want.Extensions = []backup.Extension{{Name: "postgis"}}
	if found := Compare(want, backup.Inventory{}); len(found) != longest+1 || found[longest] != "And 11 differences more." {
		t.Errorf("%q", found)
	}
}

// What no dump carries is read: who owns what, and what is set.
func TestFrame(t *testing.T) {
	url := clustertest.Database(t)
	db := frameOf(t, url).Server.Catalog
	clustertest.Exec(t, url, shop, "CREATE ROLE has", "CREATE ROLE sees", "CREATE ROLE other", "ALTER TABLE orders OWNER TO has", "GRANT SELECT ON shop.customers TO sees",
		"ALTER DATABASE "+db+" SET search_path = shop, \"A b\"", "ALTER DATABASE "+db+" SET app.x = 'a=b'", "ALTER ROLE other IN DATABASE "+db+" SET work_mem = '5MB'",
		"ALTER DATABASE "+db+" CONNECTION LIMIT 7", "GRANT CREATE ON DATABASE "+db+" TO sees")
	f := frameOf(t, url)
	if f.Server.System == "" || f.Server.Major < 14 || f.Server.Encoding == "" || f.Server.Collation == "" || f.Server.Provider == "" || f.Server.Bytes <= 0 || f.LSN == "" {
		t.Errorf("%+v", f.Server)
	}
	f.Server, f.LSN = backup.Server{}, ""
	want := backup.Frame{
		Roles: []string{"has", "postgres", "sees"}, Owners: []string{"has", "postgres"}, Owner: "postgres", Connections: 7,
		Access:   []string{"=Tc/postgres", "postgres=CTc/postgres", "sees=C/postgres"},
		Settings: []string{`search_path=shop, "A b"`, "app.x=a=b"}, RoleSettings: map[string][]string{"other": {"work_mem=5MB"}},
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("%+v\nwant %+v", f, want)
	}
}

func frameOf(tb testing.TB, database string) (f backup.Frame) {
	tb.Helper()
	inside(tb, database, func(tx pgx.Tx) (err error) {
		f, err = ReadFrame(tb.Context(), tx)
		return err
	})
	return f
}

// A policy that hides rows from who counts is an error, never a smaller number.
func TestHiddenRowsAreNotLeftOut(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop, "CREATE ROLE half LOGIN PASSWORD 'half'", "GRANT pg_read_all_data TO half", "ALTER TABLE orders ENABLE ROW LEVEL SECURITY")
	conn := clustertest.Connect(t, clustertest.As(t, url, "half", "half"))
	tx, err := conn.Begin(t.Context())
	if err == nil {
		_, err = Read(t.Context(), tx, true, quiet)
	}
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("%v", err)
	}
}

// Thousands of tables go in groups, and each keeps its own number.
func TestManyTables(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, "DO $$ BEGIN FOR i IN 1..250 LOOP EXECUTE format('CREATE TABLE t%s AS SELECT generate_series(1, %s) a; CREATE SEQUENCE s%s START %s', i, i, i, i); END LOOP; END $$")
	var told []int64
	var held backup.Inventory
	inside(t, url, func(tx pgx.Tx) (err error) {
		held, err = Read(t.Context(), tx, true, func(done, total int64) { told = append(told, done, total) })
		return err
	})
	for i, table := range held.Tables {
		if want := strings.TrimPrefix(table.Name, "t"); len(held.Tables) != 250 || number(want) != table.Rows || number(strings.TrimPrefix(held.Sequences[i].Name, "s")) != held.Sequences[i].Last {
			t.Errorf("%+v, %+v", table, held.Sequences[i])
		}
	}
	if len(told) != 8 || told[0] != 0 || told[6] != told[7] {
		t.Errorf("told %v", told)
	}
}

func number(digits string) (n int64) {
	for _, d := range digits {
		n = 10*n + int64(d-'0')
	}
	return n
}
