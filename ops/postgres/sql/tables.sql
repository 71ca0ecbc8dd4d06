-- The largest tables by the catalogue's own page counts, as of their last VACUUM or ANALYZE: pg_relation_size and
-- its like wait behind ACCESS EXCLUSIVE.
WITH relation AS (
  SELECT coalesce(i.indrelid, c.oid) AS oid, c.relpages
  FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
  WHERE c.relkind IN ('r', 'm', 'i', 't')),
owned AS (
  SELECT coalesce(t.oid, r.oid) AS oid, sum(r.relpages)::bigint * current_setting('block_size')::int AS bytes
  FROM relation r LEFT JOIN pg_class t ON t.reltoastrelid = r.oid
  GROUP BY 1)
SELECT json_build_object(
  'bytes', (SELECT coalesce(sum(bytes), 0) FROM owned),
  'largest', (SELECT coalesce(json_agg(t), '[]') FROM (
    SELECT o.oid::regclass::text AS name, o.bytes
    FROM owned o JOIN pg_class c ON c.oid = o.oid
    WHERE c.oid >= 16384 AND c.relnamespace <> 'pg_catalog'::regnamespace
    ORDER BY o.bytes DESC, 1 LIMIT 3) t))
