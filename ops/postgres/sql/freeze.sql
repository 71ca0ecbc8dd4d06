-- How much of the transaction ids is used up, and what keeps old rows alive.
SELECT json_build_object(
  'transactions', age(d.datfrozenxid),
  'multixacts', mxid_age(d.datminmxid),
  'autovacuum_from', current_setting('autovacuum_freeze_max_age')::bigint,
  'holder', (SELECT to_json(h) FROM (
    SELECT 'session' AS kind, pid::text AS name, age(backend_xmin) AS age
      FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
    UNION ALL SELECT 'prepared transaction', gid, age(transaction) FROM pg_prepared_xacts
    UNION ALL SELECT 'replication slot', slot_name, greatest(age(xmin), age(catalog_xmin))
      FROM pg_replication_slots WHERE coalesce(xmin, catalog_xmin) IS NOT NULL
    ORDER BY age DESC LIMIT 1) h))
FROM pg_database d WHERE d.datname = current_database()
