package lint

var tableExamples = []example{
	{
		rule: "closes-for-a-moment",
		speaks: []string{
			"ALTER TABLE big ADD COLUMN x int",
			"CREATE TRIGGER t AFTER INSERT ON busy EXECUTE FUNCTION f()",
			"DROP TRIGGER t ON big",
			"CREATE RULE r AS ON INSERT TO busy DO NOTHING",
			"CREATE POLICY p ON big USING (true)",
			"ALTER POLICY p ON big USING (true)",
			"DROP POLICY p ON big",
			"ALTER TABLE big ENABLE ROW LEVEL SECURITY",
		},
		silent: []string{
			"ALTER TABLE small ADD COLUMN x int",
			"ALTER TABLE big ALTER total SET STATISTICS 10",
			"ALTER TABLE big ADD CHECK (total > 0)",
			"CREATE TABLE t (a int); ALTER TABLE t ADD b int",
			"DROP FUNCTION f",
		},
	},
	{
		rule: "attach-scans",
		speaks: []string{
			"ALTER TABLE events ATTACH PARTITION small FOR VALUES IN (1)",
		},
		silent: []string{
			"CREATE TABLE t (a int); ALTER TABLE events ATTACH PARTITION t FOR VALUES IN (1)",
			"ALTER TABLE events ATTACH PARTITION big FOR VALUES IN (1)",
			"ALTER TABLE events DETACH PARTITION events_1",
		},
	},
	{
		rule: "default-partition-scans",
		speaks: []string{
			"CREATE TABLE e2 PARTITION OF events FOR VALUES IN (2)",
			"CREATE TABLE e2 (a int); ALTER TABLE events ATTACH PARTITION e2 FOR VALUES IN (1)",
		},
		silent: []string{
			"ALTER TABLE events ADD CHECK (id > 0)",
			"CREATE TABLE e2 (a int)",
		},
	},
	{
		rule: "partition-of-closes-parent",
		speaks: []string{
			"CREATE TABLE e2 PARTITION OF events FOR VALUES IN (2)",
		},
		silent: []string{
			"CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
			"CREATE TABLE x () INHERITS (big)",
		},
	},
	{
		rule: "detach-closes-parent",
		speaks: []string{
			"ALTER TABLE events DETACH PARTITION events_1",
		},
		silent: []string{
			"ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY",
			"ALTER TABLE events DETACH PARTITION events_1 FINALIZE",
		},
	},
	{
		rule: "rewritten-in-place",
		speaks: []string{
			"CLUSTER big USING big_note",
			"VACUUM FULL big",
			"VACUUM (FULL, ANALYZE) middling",
			"CLUSTER",
			"VACUUM FULL",
		},
		silent: []string{
			"VACUUM big",
			"VACUUM (FULL false) big",
			"ANALYZE big",
			"CLUSTER empty USING x",
		},
	},
	{
		rule: "refresh-closes-view",
		speaks: []string{
			"REFRESH MATERIALIZED VIEW totals",
		},
		silent: []string{
			"REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
			"REFRESH MATERIALIZED VIEW totals WITH NO DATA",
			"CREATE MATERIALIZED VIEW m AS SELECT 1; REFRESH MATERIALIZED VIEW m",
		},
	},
	{
		rule: "lock-table",
		speaks: []string{
			"LOCK TABLE big",
			"LOCK big IN SHARE MODE",
		},
		silent: []string{
			"LOCK big IN ACCESS SHARE MODE",
			"CREATE TABLE t (a int); LOCK t",
		},
	},
}

var transactionExamples = []example{
	{
		rule: "lock-held",
		speaks: []string{
			"ALTER TABLE small ADD COLUMN x int; CREATE INDEX i ON big (total)",
			"ALTER TABLE big ADD COLUMN x int; UPDATE big SET x = 1 WHERE id > 5",
			"ALTER TABLE small ADD COLUMN x int; INSERT INTO big (id) SELECT id FROM small",
		},
		silent: []string{
			"CREATE INDEX i ON big (total); ALTER TABLE small ADD COLUMN x int",
			"ALTER TABLE small ADD COLUMN x int---CREATE INDEX i ON big (total)",
			"CREATE TABLE t (a int); CREATE INDEX i ON big (total)",
			"ALTER TABLE big ADD CHECK (total > 0); ALTER TABLE big ADD CHECK (total > 1)",
			"ALTER TABLE small ADD COLUMN x int; INSERT INTO big (id) VALUES (1)",
			"BEGIN; ALTER TABLE small ADD COLUMN x int; COMMIT; CREATE INDEX i ON big (total)",
		},
	},
	{
		rule: "several-tables-locked",
		speaks: []string{
			"ALTER TABLE big ADD x int; ALTER TABLE small ADD x int",
		},
		silent: []string{
			"ALTER TABLE big ADD x int; ALTER TABLE big ADD y int",
			"ALTER TABLE big ADD x int; CREATE TABLE t (a int); ALTER TABLE t ADD b int",
			"ALTER TABLE big ADD x int---ALTER TABLE small ADD x int",
		},
	},
	{
		rule: "several-alters",
		speaks: []string{
			"ALTER TABLE big ADD x int; ALTER TABLE big ADD y int",
		},
		silent: []string{
			"ALTER TABLE big ADD x int, ADD y int",
			"ALTER TABLE big ADD x int---ALTER TABLE big ADD y int",
			"CREATE TABLE t (a int); ALTER TABLE t ADD x int; ALTER TABLE t ADD y int",
			"ALTER TABLE big ADD x int; ALTER INDEX big SET (fillfactor = 50)",
		},
	},
	{
		rule: "own-timeout",
		speaks: []string{
			"SET lock_timeout = 0; SELECT 1",
			"SET LOCAL statement_timeout = '1h'",
		},
		silent: []string{
			"SET LOCAL work_mem = '1GB'",
			"SELECT 1",
		},
	},
	{
		rule: "rows-and-tables-together",
		speaks: []string{
			"ALTER TABLE big ADD COLUMN x int; UPDATE big SET x = 1 WHERE id > 0",
			"INSERT INTO big (id) VALUES (1); ALTER TABLE small ADD COLUMN x int",
		},
		silent: []string{
			"CREATE TABLE t (a int); INSERT INTO t SELECT id FROM big",
			"ALTER TABLE big ADD COLUMN x int---UPDATE big SET x = 1 WHERE id > 0",
			"ALTER TABLE big ADD COLUMN x int; INSERT INTO small (id) VALUES (1)",
			"UPDATE big SET total = 1 WHERE id = 5; CREATE TABLE t (a int)",
		},
	},
	{
		rule: "enum-value-used",
		speaks: []string{
			"ALTER TYPE mood ADD VALUE 'calm'; UPDATE big SET note = 'calm' WHERE id = 1",
			"ALTER TYPE mood ADD VALUE 'calm'; ALTER TABLE big ALTER note SET DEFAULT 'calm'",
		},
		silent: []string{
			"ALTER TYPE mood ADD VALUE 'calm'---UPDATE big SET note = 'calm' WHERE id = 1",
			"ALTER TYPE mood ADD VALUE 'calm'; UPDATE big SET note = 'other' WHERE id = 1",
			"ALTER TYPE mood ADD VALUE 'calm'; ALTER TYPE mood ADD VALUE 'calmer' AFTER 'calm'",
		},
	},
	{
		rule: "own-transaction",
		speaks: []string{
			"BEGIN; SELECT 1; COMMIT",
			"SELECT 1; ROLLBACK",
		},
		silent: []string{
			"SELECT 1; SAVEPOINT a; ROLLBACK TO a",
			"SELECT 1",
		},
	},
	{
		rule: "setting-leaks",
		speaks: []string{
			"SET search_path = app; SELECT 1",
			"SET ROLE ana",
		},
		silent: []string{
			"SET LOCAL search_path = app",
			"SET search_path = app; SELECT 1; RESET search_path",
		},
	},
}
