-- Slots are shared by all databases of a server. Only client backends take them; without pg_read_all_stats the
-- kind of somebody else's backend is hidden, and those that belong to a database are counted.
WITH client AS MATERIALIZED (
  SELECT usename, application_name, state, backend_type, datname
  FROM pg_stat_activity
  WHERE backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL))
SELECT json_build_object(
  'used', count(*),
  'here', count(*) FILTER (WHERE datname = current_database()),
  'active', count(*) FILTER (WHERE state = 'active'),
  'idle', count(*) FILTER (WHERE state = 'idle'),
  'idle_in_transaction', count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
  'hidden', count(*) FILTER (WHERE backend_type IS NULL),
  'max', current_setting('max_connections')::int,
  'reserved', current_setting('superuser_reserved_connections')::int + {{reserved slots}},
  'limit_here', (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()),
  'top', (SELECT coalesce(json_agg(t), '[]') FROM (
    SELECT usename AS user, application_name AS application, count(*) AS sessions
    FROM client GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 3) t))
FROM client
