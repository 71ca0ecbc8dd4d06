-- What a database consists of, as one line of text for each thing and a sum over all that defines it: no partitions, which
-- come and go by themselves, nothing of extensions, and no journals.
WITH ours AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'dbbot')
), extended AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), relations AS (
    SELECT c.* FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
    WHERE NOT c.relispartition AND c.relname <> ALL ($1::text[]) AND (1259::oid, c.oid) NOT IN (SELECT * FROM extended)
), things (what, definition) AS (
    SELECT format('table %I.%I', relnamespace::regnamespace, relname), concat_ws(E'\n', relrowsecurity, relforcerowsecurity,
        (SELECT string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid)), ', ' ORDER BY attname)
            FROM pg_attribute LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum) WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped),
        (SELECT string_agg(concat_ws(' ', conname, convalidated, pg_get_constraintdef(oid)), ', ' ORDER BY conname) FROM pg_constraint WHERE conrelid = r.oid),
        (SELECT string_agg(concat_ws(' ', pg_get_triggerdef(oid), tgenabled), ', ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = r.oid AND NOT tgisinternal),
        (SELECT string_agg(concat_ws(' ', polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)), ', ' ORDER BY polname) FROM pg_policy WHERE polrelid = r.oid))
        FROM relations r WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT format('%s %I.%I', CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, relnamespace::regnamespace, relname), pg_get_viewdef(oid) FROM relations WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT format('index %I.%I', r.relnamespace::regnamespace, r.relname), concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid)
        FROM pg_index i JOIN relations r ON r.oid = i.indexrelid JOIN relations t ON t.oid = i.indrelid WHERE NOT t.relispartition
    UNION ALL
    SELECT format('sequence %I.%I', relnamespace::regnamespace, relname), (SELECT concat_ws(' ', format_type(seqtypid, NULL), seqincrement) FROM pg_sequence WHERE seqrelid = r.oid) FROM relations r WHERE relkind = 'S'
    UNION ALL
    SELECT format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), pg_get_functiondef(p.oid)
        FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p') AND (1255::oid, p.oid) NOT IN (SELECT * FROM extended)
    UNION ALL
    SELECT format('type %I.%I', n.nspname, t.typname), concat_ws(' ', t.typtype, (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
        format_type(nullif(t.typbasetype, 0), t.typtypmod))
        FROM pg_type t JOIN ours n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd') AND (1247::oid, t.oid) NOT IN (SELECT * FROM extended)
)
SELECT coalesce(json_object_agg(what, md5(coalesce(definition, ''))), '{}') FROM (SELECT * FROM things LIMIT 20001) things
