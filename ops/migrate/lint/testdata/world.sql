-- Tables that the statements of tried.sql are tried on.
CREATE TABLE p (id bigint PRIMARY KEY, kind text);
CREATE TABLE t (id bigint PRIMARY KEY, a int, v varchar(20), n numeric(10,2), ts timestamp, txt text, j jsonb, c cidr,
	pid bigint CONSTRAINT t_pid_fkey REFERENCES p, nn int CONSTRAINT nn_there CHECK (nn IS NOT NULL), later bigint);
ALTER TABLE t ADD CONSTRAINT t_old CHECK (a > -1) NOT VALID;
ALTER TABLE t ADD CONSTRAINT t_later_fkey FOREIGN KEY (later) REFERENCES p NOT VALID;
CREATE INDEX t_a ON t (a);
CREATE UNIQUE INDEX t_unique ON t (id, a);
CREATE TABLE child (id bigint PRIMARY KEY, tid bigint CONSTRAINT child_fkey REFERENCES t);
CREATE UNLOGGED TABLE u (id bigint, x int);
CREATE TABLE free (id bigint, pid bigint);
CREATE UNIQUE INDEX free_id ON free (id);
CREATE TABLE part (id int, x int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100000);
CREATE TABLE rest (id int, x int) PARTITION BY RANGE (id);
CREATE TABLE rest_1 PARTITION OF rest FOR VALUES FROM (0) TO (100000);
CREATE TABLE rest_other PARTITION OF rest DEFAULT;
CREATE TABLE loose (id int, x int);
CREATE TABLE bound (id int NOT NULL, x int, CONSTRAINT bound_there CHECK (id >= 200000 AND id < 300000));
CREATE VIEW tv AS SELECT id FROM u;
CREATE MATERIALIZED VIEW tm AS SELECT id FROM p;
CREATE UNIQUE INDEX tm_id ON tm (id);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY pol ON t USING (true);
CREATE RULE ru AS ON DELETE TO free WHERE id < 0 DO NOTHING;
CREATE SEQUENCE s;
CREATE STATISTICS st ON a, nn FROM t;
