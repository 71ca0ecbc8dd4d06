-- What runs in this database: the oldest transactions, the longest queries, who is idle inside a transaction,
-- and prepared transactions, which no session owns.
WITH session AS MATERIALIZED (
  SELECT pid, usename AS user, application_name AS application, state, wait_event_type AS wait,
    extract(epoch FROM clock_timestamp() - xact_start) AS transaction_age,
    extract(epoch FROM clock_timestamp() - query_start) AS query_age,
    extract(epoch FROM clock_timestamp() - state_change) AS state_age,
    left(query, 1000) AS query
  FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (backend_type = 'client backend' OR backend_type IS NULL))
SELECT json_build_object(
  'hidden', count(*) FILTER (WHERE query = '<insufficient privilege>'),
  'in_transaction', count(transaction_age),
  'active', count(*) FILTER (WHERE state = 'active'),
  'idle_in_transaction', count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
  'transactions', (SELECT coalesce(json_agg(t), '[]') FROM (
    SELECT * FROM session WHERE transaction_age IS NOT NULL ORDER BY transaction_age DESC LIMIT 3) t),
  'queries', (SELECT coalesce(json_agg(t), '[]') FROM (
    SELECT * FROM session WHERE state = 'active' ORDER BY query_age DESC NULLS LAST LIMIT 3) t),
  'idlers', (SELECT coalesce(json_agg(t), '[]') FROM (
    SELECT * FROM session WHERE state LIKE 'idle in transaction%' ORDER BY state_age DESC LIMIT 3) t),
  'prepared', (SELECT coalesce(json_agg(t), '[]') FROM (
    SELECT gid AS name, owner AS user, extract(epoch FROM clock_timestamp() - prepared) AS age
    FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared LIMIT 3) t))
FROM session
