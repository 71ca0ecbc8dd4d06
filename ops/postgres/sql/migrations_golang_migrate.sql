-- golang-migrate keeps one row: the version, and whether the last run broke off.
SELECT json_build_object('rows', coalesce(json_agg(json_build_object(
  'version', version::text, 'dirty', dirty)), '[]'))
FROM (SELECT version, dirty FROM schema_migrations LIMIT 2) m
