-- Who waits for whom. pg_locks shows everybody's locks to everybody; pg_blocking_pids stops the lock manager for
-- a moment, so it is asked only about sessions that wait, and at most fifty of them.
WITH waits AS MATERIALIZED (
  SELECT l.pid, l.locktype AS kind, l.mode, l.relation,
    extract(epoch FROM clock_timestamp() - l.waitstart) AS waited
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE NOT l.granted AND a.datname = current_database()),
waiting AS MATERIALIZED (
  SELECT w.*, pg_blocking_pids(w.pid) AS blockers
  FROM (SELECT * FROM waits ORDER BY waited DESC NULLS LAST, pid LIMIT 50) w)
SELECT json_build_object(
  'waiting', (SELECT count(*) FROM waits),
  'waits', (SELECT coalesce(json_agg(json_build_object(
      'pid', pid, 'kind', kind, 'mode', mode, 'relation', relation::regclass::text, 'waited', waited,
      'blockers', blockers)), '[]') FROM waiting),
  'sessions', (SELECT coalesce(json_agg(s), '[]') FROM (
    SELECT pid, usename AS user, application_name AS application, state, wait_event_type AS wait,
      extract(epoch FROM clock_timestamp() - xact_start) AS transaction_age,
      extract(epoch FROM clock_timestamp() - query_start) AS query_age,
      extract(epoch FROM clock_timestamp() - state_change) AS state_age,
      query_id::text, left(query, 1000) AS query
    FROM pg_stat_activity
    WHERE pid IN (SELECT pid FROM waiting UNION SELECT unnest(blockers) FROM waiting)) s),
  'exclusive', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT l.pid, l.relation::regclass::text AS relation,
      extract(epoch FROM clock_timestamp() - a.xact_start) AS transaction_age
    FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.locktype = 'relation' AND l.relation >= 16384
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND EXISTS (SELECT FROM pg_class c WHERE c.oid = l.relation AND c.relkind IN ('r', 'p', 'm'))
    ORDER BY 3 DESC NULLS LAST LIMIT 3) e))
