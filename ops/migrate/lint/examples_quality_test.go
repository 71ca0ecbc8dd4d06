package lint

var qualityExamples = []example{
	{
		rule: "json-column",
		speaks: []string{
			"CREATE TABLE t (id bigint PRIMARY KEY, a json, b json)",
			"ALTER TABLE big ADD COLUMN extra json",
		},
		silent: []string{
			"CREATE TABLE t (a jsonb)",
			"ALTER TABLE big ALTER note TYPE json USING note::json",
		},
	},
	{
		rule: "narrow-key",
		speaks: []string{
			"CREATE TABLE t (id serial PRIMARY KEY)",
			"CREATE TABLE t (id int, PRIMARY KEY (id))",
		},
		silent: []string{
			"CREATE TABLE t (id bigserial PRIMARY KEY, n int)",
			"CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))",
		},
	},
	{
		rule: "padded-text",
		speaks: []string{
			"CREATE TABLE t (a char(20))",
			"ALTER TABLE big ADD c character(2)",
		},
		silent: []string{
			"CREATE TABLE t (a char, b varchar(20))",
		},
	},
	{
		rule: "time-without-zone",
		speaks: []string{
			"CREATE TABLE t (a timestamp, b timestamp(3))",
			"ALTER TABLE big ADD c timestamp without time zone",
		},
		silent: []string{
			"CREATE TABLE t (a timestamptz, b date)",
		},
	},
	{
		rule: "foreign-key-without-index",
		speaks: []string{
			"CREATE TABLE t (id bigint PRIMARY KEY, a bigint REFERENCES big)",
			"ALTER TABLE big ADD FOREIGN KEY (customer) REFERENCES customers NOT VALID",
			"CREATE TABLE t (a bigint, b bigint, FOREIGN KEY (a, b) REFERENCES big (id, total)); CREATE INDEX ON t (a)",
		},
		silent: []string{
			"CREATE TABLE t (a bigint REFERENCES big); CREATE INDEX ON t (a)",
			"CREATE TABLE t (a bigint PRIMARY KEY REFERENCES big)",
			"ALTER TABLE big ADD FOREIGN KEY (note) REFERENCES customers NOT VALID",
			"CREATE TABLE t (a bigint, b bigint, FOREIGN KEY (a, b) REFERENCES big (id, total), UNIQUE (b, a))",
			"CREATE TABLE t (a bigint REFERENCES big); ALTER TABLE t ADD UNIQUE (a)",
		},
	},
	{
		rule: "no-primary-key",
		speaks: []string{
			"CREATE TABLE t (a int)",
			"CREATE TABLE t (a int UNIQUE)",
		},
		silent: []string{
			"CREATE TABLE t (a int PRIMARY KEY)",
			"CREATE TABLE t (a int, PRIMARY KEY (a))",
			"CREATE TABLE t (a int); ALTER TABLE t ADD PRIMARY KEY (a)",
			"CREATE TABLE t (LIKE big INCLUDING ALL)",
			"CREATE TEMP TABLE t (a int)",
			"CREATE TABLE e2 PARTITION OF events FOR VALUES IN (2)",
		},
	},
	{
		rule: "long-name",
		speaks: []string{
			"CREATE INDEX CONCURRENTLY an_index_whose_name_says_everything_that_it_was_ever_meant_to_be_good_for ON big (total)",
			"ALTER TABLE big ADD COLUMN \"ümläut ümläut ümläut ümläut ümläut ümläut ümläut ümläut\" int",
		},
		silent: []string{
			"CREATE INDEX an_index_whose_name_says_enough ON big (total)",
			"SELECT 'an_index_whose_name_says_everything_that_it_was_ever_meant_to_be_good_for'",
			"-- an_index_whose_name_says_everything_that_it_was_ever_meant_to_be_good_for\nSELECT 1",
		},
	},
	{
		rule: "reserved-name",
		speaks: []string{
			"CREATE TABLE \"order\" (id bigint PRIMARY KEY)",
			"ALTER TABLE big ADD COLUMN \"user\" text, ADD \"end\" date",
		},
		silent: []string{
			"CREATE TABLE orders (id bigint)",
			"ALTER TABLE big ADD COLUMN name text",
			"CREATE TABLE \"Order\" (id bigint)",
		},
	},
	{
		rule: "column-twice",
		speaks: []string{
			"UPDATE big SET note = 'a', note = 'b' WHERE id = 1",
			"INSERT INTO big (id, id) VALUES (1, 2)",
			"CREATE TABLE t (a int, a text)",
		},
		silent: []string{
			"UPDATE big SET note = 'a', total = 1 WHERE id = 1",
			"UPDATE big SET tags[1] = 'a', tags[2] = 'b' WHERE id = 1",
			"INSERT INTO big VALUES (1)",
		},
	},
}
