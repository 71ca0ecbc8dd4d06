-- What a schema is made of: each thing with its kind, its name, the relation that it belongs to and all that matters about
-- it. Two databases of the same major version with the same things have the same schema, whoever owns it. Rows, sizes,
-- columns that were dropped, and the journals of the tools and of dbbot do not count.
WITH members AS MATERIALIZED (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e' -- their extension stands for them
), ours AS MATERIALIZED (
  SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
    AND oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_namespace'::regclass)
), journals AS MATERIALIZED (
  SELECT oid FROM pg_class WHERE relname IN ('schema_migrations', '_prisma_migrations', 'dbbot_migrations')
), relations AS MATERIALIZED (
  SELECT c.* FROM pg_class c JOIN ours o ON o.oid = c.relnamespace
  WHERE c.oid NOT IN (SELECT oid FROM journals UNION SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM journals))
    AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_class'::regclass)
), columns AS MATERIALIZED (
  SELECT a.* FROM pg_attribute a JOIN relations r ON r.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind NOT IN ('i', 'I', 'S')
), things(kind, name, belongs, definition) AS (
  SELECT 'version', '', '', (current_setting('server_version_num')::int / 10000)::text
  UNION ALL SELECT 'schema', nspname::text, '', '' FROM ours
  UNION ALL SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' ELSE 'table' END,
      c.oid::regclass::text, coalesce((SELECT d.refobjid::regclass::text FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 AND c.relkind = 'S' LIMIT 1), ''),
      concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity, reloptions::text, relreplident, pg_get_expr(relpartbound, c.oid), am.amname,
        CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)
    FROM relations c LEFT JOIN pg_am am ON am.oid = c.relam WHERE relkind NOT IN ('i', 'I')
  UNION ALL SELECT 'column', a.attrelid::regclass || '.' || quote_ident(a.attname), a.attrelid::regclass::text, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
      a.attstorage, a.attstattarget, l.collname, pg_get_expr(d.adbin, d.adrelid))
    FROM columns a LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
  UNION ALL SELECT 'order of columns', attrelid::regclass::text, '', string_agg(attname, ',' ORDER BY attnum) FROM columns GROUP BY attrelid
  UNION ALL SELECT 'constraint', CASE WHEN c.conrelid = 0 THEN c.contypid::regtype::text ELSE c.conrelid::regclass::text END || '.' || quote_ident(c.conname), c.conrelid::regclass::text,
      concat_ws(' ', c.convalidated, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN ours o ON o.oid = c.connamespace WHERE c.conrelid = 0 OR c.conrelid IN (SELECT oid FROM relations)
  UNION ALL SELECT 'index', i.indexrelid::regclass::text, i.indrelid::regclass::text, concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered)
    FROM pg_index i JOIN relations c ON c.oid = i.indexrelid
  UNION ALL SELECT 'parent of', inhrelid::regclass::text, '', concat_ws(' ', inhparent::regclass, inhseqno) FROM pg_inherits
  UNION ALL SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, p.oid::regprocedure::text, '',
      concat_ws(' ', p.prorettype::regtype, l.lanname, p.prosecdef, p.provolatile, p.proisstrict, p.proconfig::text, p.prosrc)
    FROM pg_proc p JOIN ours o ON o.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE p.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_proc'::regclass)
  UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || quote_ident(tgname), tgrelid::regclass::text, concat_ws(' ', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'rule', r.ev_class::regclass || '.' || quote_ident(r.rulename), r.ev_class::regclass::text, pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN relations c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'
  UNION ALL SELECT 'policy', polrelid::regclass || '.' || quote_ident(polname), polrelid::regclass::text, concat_ws(' ', polcmd, polpermissive,
      (SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE oid = ANY (polroles)), pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
  UNION ALL SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, t.oid::regtype::text, '', concat_ws(' ', t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
      (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
    FROM pg_type t JOIN ours o ON o.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r') AND t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_type'::regclass)
  UNION ALL SELECT 'numbers of', seqrelid::regclass::text, '', concat_ws(' ', seqtypid::regtype, seqincrement, seqmin, seqmax, seqcycle) FROM pg_sequence JOIN relations r ON r.oid = seqrelid
  UNION ALL SELECT 'extension', quote_ident(extname), '', extversion FROM pg_extension
)
