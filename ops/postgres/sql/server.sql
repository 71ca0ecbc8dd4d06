-- Version, uptime and role; who we are, and whether we may see other people's sessions.
SELECT json_build_object(
  'version', current_setting('server_version'),
  'up', extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()),
  'replica', pg_is_in_recovery(),
  'user', current_user,
  'database', current_database(),
  'backend', pg_backend_pid(),
  'sees_all', pg_has_role('pg_read_all_stats', 'USAGE'))
