-- What a schema is, in one sum: two databases with the same have the same tables, columns, constraints, indexes, functions,
-- triggers, views, types, policies and extensions, on the same major version, whoever owns them. Rows, sizes, columns that
-- were dropped, the journals of the tools and of dbbot, and the extensions named in $1 do not count.
WITH members AS MATERIALIZED (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e' -- their extension stands for them
), ours AS MATERIALIZED (
  SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
    AND oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_namespace'::regclass)
), relations AS MATERIALIZED (
  SELECT c.*, o.nspname FROM pg_class c JOIN ours o ON o.oid = c.relnamespace
  WHERE c.oid NOT IN (SELECT unnest(array_remove(ARRAY[j.oid, j.indexrelid], NULL)) FROM (SELECT t.oid, i.indexrelid FROM pg_class t LEFT JOIN pg_index i ON i.indrelid = t.oid
    WHERE t.relname IN ('schema_migrations', '_prisma_migrations', 'dbbot_migrations')) j)
    AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_class'::regclass)
), things(thing) AS (
  SELECT 'major version ' || current_setting('server_version_num')::int / 10000
  UNION ALL SELECT 'schema ' || nspname FROM ours
  UNION ALL SELECT concat_ws(' ', 'relation', c.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions::text, c.relreplident,
      pg_get_expr(c.relpartbound, c.oid), am.amname)
    FROM relations c LEFT JOIN pg_am am ON am.oid = c.relam WHERE c.relkind NOT IN ('i', 'I')
  UNION ALL SELECT concat_ws(' ', 'column', a.attrelid::regclass, row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
      a.attstorage, a.attstattarget, l.collname, pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute a JOIN relations c ON c.oid = a.attrelid LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum) WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('i', 'I')
  UNION ALL SELECT concat_ws(' ', 'constraint', c.conrelid::regclass, c.contypid::regtype, c.conname, c.convalidated, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN ours o ON o.oid = c.connamespace WHERE c.conrelid = 0 OR c.conrelid IN (SELECT oid FROM relations)
  UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered) FROM pg_index i JOIN relations c ON c.oid = i.indexrelid
  UNION ALL SELECT concat_ws(' ', 'inherits', inhrelid::regclass, inhparent::regclass, inhseqno) FROM pg_inherits
  UNION ALL SELECT concat_ws(' ', 'routine', p.oid::regprocedure, p.prokind, p.prorettype::regtype, l.lanname, p.prosecdef, p.provolatile, p.proisstrict, p.proconfig::text, md5(p.prosrc))
    FROM pg_proc p JOIN ours o ON o.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE p.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_proc'::regclass)
  UNION ALL SELECT concat_ws(' ', 'trigger', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT concat_ws(' ', 'view', c.oid::regclass, md5(pg_get_viewdef(c.oid))) FROM relations c WHERE c.relkind IN ('v', 'm')
  UNION ALL SELECT concat_ws(' ', 'rule', md5(pg_get_ruledef(r.oid))) FROM pg_rewrite r JOIN relations c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'
  UNION ALL SELECT concat_ws(' ', 'policy', polrelid::regclass, polname, polcmd, polpermissive, (SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE oid = ANY (polroles)), pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
  UNION ALL SELECT concat_ws(' ', 'type', t.oid::regtype, t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
      (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
    FROM pg_type t JOIN ours o ON o.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r')
    AND t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_type'::regclass)
  UNION ALL SELECT concat_ws(' ', 'sequence', seqrelid::regclass, seqtypid::regtype, seqincrement, seqmin, seqmax, seqcycle) FROM pg_sequence
  UNION ALL SELECT concat_ws(' ', 'extension', extname, extversion) FROM pg_extension WHERE extname <> ALL ($1::text[])
)
SELECT md5(string_agg(thing, E'\n' ORDER BY thing COLLATE "C")) FROM things
