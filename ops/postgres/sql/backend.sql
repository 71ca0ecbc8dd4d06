-- One session, addressed by its pid, with everything that a plan to end it needs. signal is the server's own rule of who
-- may: superusers anybody; others, no superuser's session nor one without a role, and of the rest those of a role they
-- belong to, or all with pg_signal_backend.
WITH me AS (
  SELECT rolsuper AS super, pg_has_role('pg_signal_backend', 'USAGE') AS signals FROM pg_roles WHERE rolname = current_user)
SELECT json_build_object(
  'system', (SELECT system_identifier::text FROM pg_control_system()),
  'database', current_database(),
  'user', current_user,
  'backend', (SELECT json_build_object(
    'pid', a.pid,
    'here', coalesce(a.datname = current_database(), false),
    'own', a.pid = pg_backend_pid() OR a.application_name ~ '^dbbot($|[ :/])',
    'kind', coalesce(a.backend_type, ''),
    'leader', a.leader_pid,
    'started', a.backend_start,
    'transaction', a.xact_start,
    'query_start', a.query_start,
    'state_change', a.state_change,
    'user', a.usename,
    'superuser', coalesce(r.rolsuper, true),
    'application', a.application_name,
    'client', CASE WHEN a.client_addr IS NOT NULL THEN host(a.client_addr) WHEN a.client_port = -1 THEN 'a socket' ELSE '' END,
    'state', coalesce(a.state, ''),
    'wait', coalesce(a.wait_event_type, ''),
    'query', left(a.query, 4000),
    'wraparound', coalesce(a.backend_type = 'autovacuum worker' AND a.query LIKE '%(to prevent wraparound)', false),
    'signal', me.super OR (a.backend_type = 'autovacuum worker' AND {{signals autovacuum}}) OR (NOT coalesce(r.rolsuper, true) AND (me.signals OR pg_has_role(a.usesysid, 'USAGE'))))
    FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid CROSS JOIN me
    WHERE a.pid = $1))
