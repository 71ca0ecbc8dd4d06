-- Who waits for whom. pg_locks shows everybody's locks to everybody, and stops the lock manager for a moment, so it is
-- read once; so does pg_blocking_pids, so it is asked only about sessions that wait, and at most fifty of them.
WITH lock AS MATERIALIZED (
  SELECT pid, locktype AS kind, mode, granted, database, relation, waitstart
  FROM pg_locks
  WHERE NOT granted OR (mode = 'AccessExclusiveLock' AND locktype = 'relation' AND relation >= 16384)),
session AS MATERIALIZED (
  SELECT pid, datname, usename AS user, application_name AS application, state, wait_event_type AS wait,
    extract(epoch FROM clock_timestamp() - xact_start) AS transaction_age,
    extract(epoch FROM clock_timestamp() - query_start) AS query_age,
    extract(epoch FROM clock_timestamp() - state_change) AS state_age,
    left(query, 1000) AS query, backend_start AS started, xact_start AS transaction, query_start
  FROM pg_stat_activity),
waits AS MATERIALIZED (
  SELECT pid, kind, mode, relation, extract(epoch FROM clock_timestamp() - waitstart) AS waited
  FROM lock JOIN session USING (pid)
  WHERE NOT granted AND datname = current_database()),
waiting AS MATERIALIZED (
  SELECT w.*, pg_blocking_pids(w.pid) AS blockers
  FROM (SELECT * FROM waits ORDER BY waited DESC NULLS LAST, pid LIMIT 50) w)
SELECT json_build_object(
  'waiting', (SELECT count(*) FROM waits),
  'waits', (SELECT coalesce(json_agg(json_build_object(
      'pid', pid, 'kind', kind, 'mode', mode, 'relation', relation::regclass::text, 'waited', waited,
      'blockers', blockers)), '[]') FROM waiting),
  'sessions', (SELECT coalesce(json_agg(s), '[]') FROM session s
    WHERE pid IN (SELECT pid FROM waiting UNION SELECT unnest(blockers) FROM waiting)),
  'exclusive', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT l.pid, l.relation::regclass::text AS relation, s.transaction_age
    FROM lock l LEFT JOIN session s USING (pid)
    WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND EXISTS (SELECT FROM pg_class c WHERE c.oid = l.relation AND c.relkind IN ('r', 'p', 'm'))
    ORDER BY 3 DESC NULLS LAST LIMIT 3) e))
