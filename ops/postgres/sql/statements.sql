-- Where the time goes, by statement, without our own. The texts come normalised from the extension and are redacted
-- again here.
WITH statement AS MATERIALIZED (
  SELECT queryid, sum(calls) AS calls, sum(total_exec_time) AS spent, min(query) AS query
  FROM pg_stat_statements
  WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND query NOT LIKE '%/* dbbot */%'
  GROUP BY queryid)
SELECT json_build_object(
  'since', (SELECT extract(epoch FROM clock_timestamp() - stats_reset) FROM pg_stat_statements_info),
  'spent', coalesce(sum(spent) / 1000, 0),
  'hidden', count(*) FILTER (WHERE queryid IS NULL),
  'top', (SELECT coalesce(json_agg(t), '[]') FROM (
    SELECT calls, spent / 1000 AS spent, left(query, 1000) AS query
    FROM statement WHERE queryid IS NOT NULL ORDER BY spent DESC LIMIT 3) t))
FROM statement
