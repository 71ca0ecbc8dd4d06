-- Counters of this database since its statistics were reset: throughput, cache, deadlocks, temporary files.
SELECT json_build_object(
  'commits', xact_commit, 'rollbacks', xact_rollback,
  'read', blks_read, 'hit', blks_hit,
  'deadlocks', deadlocks, 'temp_files', temp_files, 'temp_bytes', temp_bytes,
  'since', extract(epoch FROM clock_timestamp() - stats_reset))
FROM pg_stat_database WHERE datname = current_database()
