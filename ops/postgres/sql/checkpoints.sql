-- Checkpoints on schedule beside those asked for, most of them because the WAL reached max_wal_size.
SELECT json_build_object(
  'timed', timed, 'requested', requested, 'since', extract(epoch FROM clock_timestamp() - stats_reset))
FROM ({{checkpoints}}) c
