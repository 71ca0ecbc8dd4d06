-- Asks a session to end, or its query to stop, if everything about it is still as it was aimed at. Between this look and
-- the signal lie microseconds: no pid is given to a new session so soon.
SELECT json_build_object('found', count(*), 'sent', coalesce(bool_or(
  CASE $6 WHEN 'cancel' THEN pg_cancel_backend(pid) ELSE pg_terminate_backend(pid) END), false))
FROM pg_stat_activity
WHERE pid = $1 AND backend_start = $2
  AND CASE $6 WHEN 'cancel' THEN query_start ELSE xact_start END IS NOT DISTINCT FROM $3
  AND ($6 <> 'cancel' OR state = 'active')
  AND datname = current_database() AND current_database() = $4
  AND (SELECT system_identifier::text FROM pg_control_system()) = $5
