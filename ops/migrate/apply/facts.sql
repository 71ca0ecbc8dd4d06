-- What the lint asks of the relations that a plan touches, named in $1 (null: all), and of their neighbours: tables that
-- foreign keys lead to or come from, partitions and their parents. Sizes come from the catalogue, as the functions for
-- them wait behind whoever locks the table; only what nobody ever counted is measured, unless it is locked.
WITH RECURSIVE ours AS MATERIALIZED (
  SELECT c.oid, c.relname, n.nspname, c.relkind, c.reltuples, c.relpages, c.reltoastrelid, c.relpersistence, c.relispartition
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
), named AS MATERIALIZED (
  SELECT oid FROM ours WHERE $1::text[] IS NULL OR relname = ANY ($1)
  UNION SELECT i.indrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = ANY ($1)
), family AS (
  SELECT oid FROM named
  UNION SELECT CASE WHEN h.inhparent = f.oid THEN h.inhrelid ELSE h.inhparent END
    FROM family f JOIN pg_inherits h ON f.oid IN (h.inhparent, h.inhrelid) JOIN ours o ON o.oid = h.inhparent WHERE o.relkind = 'p'
), wanted AS MATERIALIZED (
  SELECT oid FROM family
  UNION SELECT k.confrelid FROM pg_constraint k JOIN family f ON f.oid = k.conrelid WHERE k.contype = 'f'
  UNION SELECT k.conrelid FROM pg_constraint k JOIN family f ON f.oid = k.confrelid WHERE k.contype = 'f'
), locked AS MATERIALIZED (
  SELECT l.relation, bool_or(l.mode = 'AccessExclusiveLock') AS shut, max(now() - a.xact_start) FILTER (WHERE l.granted) AS longest
  FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'relation' AND l.pid <> pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  GROUP BY l.relation
), since AS (
  SELECT greatest(extract(epoch FROM now() - coalesce(stats_reset, pg_postmaster_start_time())), 60) AS seconds
  FROM pg_stat_database WHERE datname = current_database()
), told AS (
  SELECT o.nspname || '.' || o.relname AS key, json_build_object(
    'Kind', CASE o.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END,
    'Rows', CASE WHEN o.relkind <> 'p' THEN o.reltuples::bigint ELSE (SELECT CASE WHEN bool_or(leaf.reltuples < 0) THEN -1 ELSE coalesce(sum(leaf.reltuples), 0) END::bigint
      FROM pg_partition_tree(o.oid) t JOIN pg_class leaf ON leaf.oid = t.relid WHERE t.isleaf AND t.relid <> o.oid) END,
    'Bytes', CASE
      WHEN o.relkind = 'p' THEN (SELECT coalesce(sum(leaf.relpages), 0)::bigint * 8192 FROM pg_partition_tree(o.oid) t JOIN pg_class leaf ON leaf.oid = t.relid)
      WHEN o.relkind IN ('v', 'f') THEN 0
      WHEN o.reltuples < 0 AND NOT coalesce(k.shut, false) THEN pg_table_size(o.oid)
      ELSE (o.relpages + coalesce((SELECT relpages FROM pg_class WHERE oid = o.reltoastrelid), 0))::bigint * 8192 END,
    'Scans', coalesce((coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0)) / since.seconds, 0),
    'Updates', coalesce((s.n_tup_ins + s.n_tup_upd + s.n_tup_del) / since.seconds, 0),
    'Longest', coalesce((extract(epoch FROM k.longest) * 1e9)::bigint, 0),
    'Unlogged', o.relpersistence = 'u',
    'Columns', (SELECT json_agg(json_build_object('Name', attname, 'Type', format_type(atttypid, atttypmod), 'NotNull', attnotnull, 'Default', atthasdef) ORDER BY attnum)
      FROM pg_attribute WHERE attrelid = o.oid AND attnum > 0 AND NOT attisdropped),
    'Constraints', (SELECT json_agg(json_build_object('Name', conname, 'Kind', contype, 'Valid', convalidated, 'Definition', pg_get_constraintdef(c.oid),
        'Columns', (SELECT json_agg(a.attname ORDER BY p.n) FROM unnest(c.conkey) WITH ORDINALITY p(num, n) JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = p.num),
        'Table', coalesce((SELECT x.nspname || '.' || x.relname FROM ours x WHERE x.oid = c.confrelid), '')) ORDER BY conname)
      FROM pg_constraint c WHERE conrelid = o.oid AND contype IN ('p', 'u', 'f', 'c', 'x')),
    'Indexes', (SELECT json_agg(json_build_object('Name', x.relname, 'Unique', i.indisunique, 'Partial', i.indpred IS NOT NULL, 'Valid', i.indisvalid,
        'Bytes', x.relpages::bigint * 8192,
        'Columns', (SELECT json_agg(coalesce(a.attname, '') ORDER BY p.n) FROM unnest(i.indkey::smallint[]) WITH ORDINALITY p(num, n)
          LEFT JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = p.num AND p.num <> 0 WHERE p.n <= i.indnkeyatts)) ORDER BY x.relname)
      FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = o.oid),
    'Partitions', CASE WHEN o.relkind = 'p' THEN (SELECT json_agg(x.nspname || '.' || x.relname ORDER BY 1) FROM pg_partition_tree(o.oid) t JOIN ours x ON x.oid = t.relid WHERE t.relid <> o.oid) END,
    'Parent', coalesce((SELECT x.nspname || '.' || x.relname FROM pg_inherits h JOIN ours x ON x.oid = h.inhparent WHERE o.relispartition AND h.inhrelid = o.oid), ''),
    'Default', EXISTS (SELECT FROM pg_partitioned_table WHERE partdefid = o.oid),
    'ReferencedBy', (SELECT json_agg(DISTINCT x.nspname || '.' || x.relname) FROM pg_constraint c JOIN ours x ON x.oid = c.conrelid WHERE c.contype = 'f' AND c.confrelid = o.oid)
  ) AS table
  FROM wanted JOIN ours o USING (oid) CROSS JOIN since LEFT JOIN pg_stat_user_tables s ON s.relid = o.oid LEFT JOIN locked k ON k.relation = o.oid
)
SELECT json_build_object(
  'Version', current_setting('server_version_num')::int / 10000,
  'Path', current_schemas(false),
  'UTC', current_setting('TimeZone') IN ('UTC', 'Etc/UTC', 'GMT', 'Etc/GMT', 'Zulu', 'Universal', 'Etc/Universal', 'Etc/Zulu'),
  'Superuser', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
  'Policies', EXISTS (SELECT FROM pg_roles WHERE rolname = 'anon') AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated'),
  'Tables', coalesce((SELECT json_object_agg(key, "table") FROM told), '{}'))
