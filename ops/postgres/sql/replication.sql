-- Replicas that stream from here, slots that keep WAL for somebody, and on a replica how far it is behind itself.
WITH here AS MATERIALIZED (
  SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn),
replica AS MATERIALIZED (
  SELECT application_name AS name, state, sync_state AS sync,
    pg_wal_lsn_diff(here.lsn, replay_lsn)::bigint AS bytes, extract(epoch FROM replay_lag) AS lag
  FROM pg_stat_replication, here)
SELECT json_build_object(
  'hidden', (SELECT count(*) FROM replica WHERE state IS NULL),
  'replicas', (SELECT coalesce(json_agg(r), '[]') FROM (
    SELECT * FROM replica WHERE state <> 'backup' ORDER BY bytes DESC NULLS LAST, name LIMIT 10) r),
  'slots', (SELECT coalesce(json_agg(s), '[]') FROM (
    SELECT slot_name AS name, slot_type AS kind, active, wal_status AS wal,
      pg_wal_lsn_diff(here.lsn, restart_lsn)::bigint AS kept,
      extract(epoch FROM clock_timestamp() - {{slot inactive since}}) AS inactive,
      {{slot invalidation reason}} AS reason
    FROM pg_replication_slots WHERE NOT temporary
    ORDER BY active, 5 DESC NULLS LAST, 1 LIMIT 10) s),
  'receiver', CASE WHEN pg_is_in_recovery() THEN json_build_object(
    'streaming', EXISTS (SELECT FROM pg_stat_wal_receiver),
    'paused', pg_is_wal_replay_paused(),
    'bytes', pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint,
    'replayed', extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())) END)
FROM here
