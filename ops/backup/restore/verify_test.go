package restore

import (
	"testing"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/postgres/cluster/clustertest"
)

const shop = `CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL); INSERT INTO customers SELECT n, 'name ' || n FROM generate_series(1, 500) n;
	CREATE TABLE orders (id serial PRIMARY KEY, customer int REFERENCES customers, note text, total numeric CHECK (total > 0));
	INSERT INTO orders (customer, note, total) SELECT 1 + n % 500, repeat(md5(n::text), 3), n FROM generate_series(1, 5000) n;
	CREATE INDEX by_total ON orders (total); CREATE VIEW large AS SELECT * FROM orders WHERE total > 100; SELECT lo_from_bytea(7, 'large')`

func TestAGoodBackupIsVerified(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	for name, how := range map[string]taking{
		"plain": {}, "zstd": {zstd: true}, "age": {age: true}, "both, hashed": {zstd: true, age: true, hashes: true}, "directory": {directory: true, zstd: true, age: true},
	} {
		if !thorough && (how == taking{zstd: true} || how == taking{age: true}) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := taken(t, url, how)
			if found, err := Checksum(t.Context(), s, quiet); err != nil || len(found) > 0 {
				t.Errorf("checksum: %q, %v", found, err)
			}
			if found, err := Read(t.Context(), s, quiet); err != nil || len(found) > 0 {
				t.Errorf("read: %q, %v", found, err)
			}
			v, err := Verify(t.Context(), s, Target{URL: ops.Secret(url)}, quiet)
			if err != nil || len(v.Found) > 0 || v.How != backup.Restored || len(v.Notes) > 0 || v.Where == "" || v.Took <= 0 {
				t.Errorf("verified: %+v, %v", v, err)
			}
			if got := left(t, url); got != "" {
				t.Errorf("left: %s", got)
			}
		})
	}
}
