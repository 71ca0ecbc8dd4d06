-- What a schema is, in one sum: two databases with the same have the same tables, columns, constraints, indexes, functions,
-- triggers, views, types, policies and extensions, on the same version. Rows and sizes do not count.
WITH ours AS MATERIALIZED (
  SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
), things(thing) AS (
  SELECT 'version ' || current_setting('server_version_num')
  UNION ALL SELECT 'schema ' || nspname FROM ours
  UNION ALL SELECT concat_ws(' ', 'relation', o.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions::text, c.relreplident,
      pg_get_expr(c.relpartbound, c.oid), am.amname)
    FROM pg_class c JOIN ours o ON o.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam WHERE c.relkind NOT IN ('i', 'I')
  UNION ALL SELECT concat_ws(' ', 'column', a.attrelid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
      a.attstorage, a.attstattarget, l.collname, pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN ours o ON o.oid = c.relnamespace LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum) WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('i', 'I')
  UNION ALL SELECT concat_ws(' ', 'constraint', c.conrelid::regclass, c.contypid::regtype, c.conname, c.convalidated, pg_get_constraintdef(c.oid)) FROM pg_constraint c JOIN ours o ON o.oid = c.connamespace
  UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN ours o ON o.oid = c.relnamespace
  UNION ALL SELECT concat_ws(' ', 'inherits', inhrelid::regclass, inhparent::regclass, inhseqno) FROM pg_inherits
  UNION ALL SELECT concat_ws(' ', 'routine', p.oid::regprocedure, p.prokind, p.prorettype::regtype, l.lanname, p.prosecdef, p.provolatile, p.proisstrict, p.proconfig::text, md5(p.prosrc))
    FROM pg_proc p JOIN ours o ON o.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
  UNION ALL SELECT concat_ws(' ', 'trigger', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT concat_ws(' ', 'view', c.oid::regclass, md5(pg_get_viewdef(c.oid))) FROM pg_class c JOIN ours o ON o.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')
  UNION ALL SELECT concat_ws(' ', 'rule', md5(pg_get_ruledef(r.oid))) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN ours o ON o.oid = c.relnamespace WHERE r.rulename <> '_RETURN'
  UNION ALL SELECT concat_ws(' ', 'policy', polrelid::regclass, polname, polcmd, polpermissive, polroles::text, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
  UNION ALL SELECT concat_ws(' ', 'type', t.oid::regtype, t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
      (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
    FROM pg_type t JOIN ours o ON o.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r')
  UNION ALL SELECT concat_ws(' ', 'sequence', seqrelid::regclass, seqtypid::regtype, seqincrement, seqmin, seqmax, seqcycle) FROM pg_sequence
  UNION ALL SELECT concat_ws(' ', 'extension', extname, extversion) FROM pg_extension
  UNION ALL SELECT concat_ws(' ', 'event trigger', evtname, evtenabled) FROM pg_event_trigger
)
SELECT md5(string_agg(thing, E'\n' ORDER BY thing COLLATE "C")) FROM things
