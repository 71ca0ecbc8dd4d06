-- Prisma keeps a row for each attempt; the newest two thousand are far more than any project has.
SELECT json_build_object('rows', coalesce(json_agg(json_build_object(
  'name', migration_name, 'finished', finished_at IS NOT NULL, 'rolled_back', rolled_back_at IS NOT NULL)
  ORDER BY started_at), '[]'))
FROM (SELECT * FROM _prisma_migrations ORDER BY started_at DESC LIMIT 2000) m
