-- What a database holds, in one answer. What an extension brought is the extension's: a dump only names it. Nothing
-- here depends on numbers that a restore gives anew (oids, order of columns), nor on names that the server makes up
-- for parts of partitioned tables.
WITH own AS (SELECT oid, nspname::text AS s FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'),
member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass),
rel AS (SELECT c.*, own.s FROM pg_class c JOIN own ON own.oid = c.relnamespace
	WHERE NOT EXISTS (SELECT FROM member WHERE (classid, objid) = ('pg_class'::regclass, c.oid))),
all_columns AS (SELECT r.s, r.relname, r.relkind, a.*, pg_get_expr(d.adbin, d.adrelid) AS fallback
	FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
	LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)),
object (kind, def) AS (
	SELECT 'schema', s FROM own WHERE s <> 'public' AND NOT EXISTS (SELECT FROM member WHERE (classid, objid) = ('pg_namespace'::regclass, own.oid))
	UNION ALL
	SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view'
			WHEN 'm' THEN 'materialized view' WHEN 'c' THEN 'composite type' END,
		concat_ws(' ', s, relname, relpersistence, (SELECT array_agg(o ORDER BY o COLLATE "C") FROM unnest(reloptions) o)::text,
			relrowsecurity, relforcerowsecurity, relispopulated, pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid),
			CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
			(SELECT array_agg(i.inhparent::regclass::text ORDER BY i.inhparent::regclass::text COLLATE "C") FROM pg_inherits i WHERE i.inhrelid = rel.oid)::text)
	FROM rel WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
	UNION ALL
	SELECT 'column', concat_ws(' ', s, relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
			CASE WHEN attcollation <> 0 THEN attcollation::regcollation::text END, fallback)
	FROM all_columns
	UNION ALL
	SELECT 'index', concat_ws(' ', s, i.indrelid::regclass, pg_get_indexdef(i.indexrelid), i.indisreplident, i.indisclustered)
	FROM rel JOIN pg_index i ON i.indrelid = rel.oid JOIN pg_class x ON x.oid = i.indexrelid
	WHERE i.indisready AND (i.indisvalid OR x.relkind = 'I')
	UNION ALL
	SELECT 'constraint', concat_ws(' ', own.s, CASE WHEN conrelid <> 0 THEN conrelid::regclass END, CASE WHEN contypid <> 0 THEN contypid::regtype END, conname,
			pg_get_constraintdef(c.oid), convalidated)
	FROM pg_constraint c JOIN own ON own.oid = c.connamespace
	WHERE contype IN ('c', 'f', 'p', 'u', 'x') AND conparentid = 0
		AND NOT EXISTS (SELECT FROM member WHERE (classid, objid) IN (('pg_class'::regclass, conrelid), ('pg_type'::regclass, contypid)))
	UNION ALL
	SELECT 'trigger', concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled) FROM pg_trigger t JOIN rel ON rel.oid = t.tgrelid WHERE NOT tgisinternal AND tgparentid = 0
	UNION ALL
	SELECT 'rule', concat_ws(' ', pg_get_ruledef(w.oid), ev_enabled) FROM pg_rewrite w JOIN rel ON rel.oid = w.ev_class WHERE rulename <> '_RETURN'
	UNION ALL
	SELECT 'policy', concat_ws(' ', polrelid::regclass, polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid), '/', pg_get_expr(polwithcheck, polrelid),
			(SELECT array_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r) END ORDER BY 1) FROM unnest(polroles) r)::text)
	FROM pg_policy p JOIN rel ON rel.oid = p.polrelid
	UNION ALL
	SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
		concat_ws(' ', own.s, proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname, prokind, provolatile, proisstrict, prosecdef,
			proleakproof, proparallel, procost, prorows, (SELECT array_agg(o ORDER BY o COLLATE "C") FROM unnest(proconfig) o)::text, prosrc, pg_get_function_sqlbody(p.oid))
	FROM pg_proc p JOIN own ON own.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
	WHERE NOT EXISTS (SELECT FROM member WHERE (classid, objid) = ('pg_proc'::regclass, p.oid))
	UNION ALL
	SELECT CASE typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' ELSE 'base type' END,
		concat_ws(' ', own.s, typname, (SELECT array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)::text,
			CASE WHEN typbasetype <> 0 THEN format_type(typbasetype, typtypmod) END, typnotnull, typdefault,
			(SELECT format_type(rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid))
	FROM pg_type t JOIN own ON own.oid = t.typnamespace
	WHERE typtype IN ('e', 'd', 'r', 'b') AND typisdefined AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
		AND NOT EXISTS (SELECT FROM member WHERE (classid, objid) = ('pg_type'::regclass, t.oid))
	UNION ALL
	SELECT k.kind, concat_ws(' ', own.s, k.name) FROM (
		SELECT 'statistics', 'pg_statistic_ext'::regclass, oid, stxnamespace, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
		UNION ALL SELECT 'operator', 'pg_operator'::regclass, oid, oprnamespace, oid::regoperator::text FROM pg_operator
		UNION ALL SELECT 'operator class', 'pg_opclass'::regclass, oid, opcnamespace, concat_ws(' ', opcname, opcintype::regtype, opcdefault) FROM pg_opclass
		UNION ALL SELECT 'operator family', 'pg_opfamily'::regclass, oid, opfnamespace, opfname FROM pg_opfamily
		UNION ALL SELECT 'collation', 'pg_collation'::regclass, oid, collnamespace, concat_ws(' ', collname, collprovider, collisdeterministic) FROM pg_collation
		UNION ALL SELECT 'conversion', 'pg_conversion'::regclass, oid, connamespace, conname FROM pg_conversion
		UNION ALL SELECT 'text search configuration', 'pg_ts_config'::regclass, oid, cfgnamespace, cfgname FROM pg_ts_config
		UNION ALL SELECT 'text search dictionary', 'pg_ts_dict'::regclass, oid, dictnamespace, concat_ws(' ', dictname, dictinitoption) FROM pg_ts_dict
	) k (kind, class, oid, space, name) JOIN own ON own.oid = k.space WHERE NOT EXISTS (SELECT FROM member WHERE (classid, objid) = (k.class, k.oid))
	UNION ALL
	SELECT k.kind, k.name FROM (
		SELECT 'event trigger', 'pg_event_trigger'::regclass, oid, concat_ws(' ', evtname, evtevent, evtfoid::regproc, evtenabled, evttags::text) FROM pg_event_trigger
		UNION ALL SELECT 'publication', 'pg_publication'::regclass, oid, concat_ws(' ', pubname, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot) FROM pg_publication
		UNION ALL SELECT 'foreign data wrapper', 'pg_foreign_data_wrapper'::regclass, oid, fdwname FROM pg_foreign_data_wrapper
		UNION ALL SELECT 'foreign server', 'pg_foreign_server'::regclass, s.oid, concat_ws(' ', srvname, fdwname) FROM pg_foreign_server s JOIN pg_foreign_data_wrapper f ON f.oid = s.srvfdw
		UNION ALL SELECT 'cast', 'pg_cast'::regclass, oid, concat_ws(' ', castsource::regtype, casttarget::regtype, castcontext, castmethod) FROM pg_cast
		UNION ALL SELECT 'language', 'pg_language'::regclass, oid, concat_ws(' ', lanname, lanpltrusted) FROM pg_language
		UNION ALL SELECT 'access method', 'pg_am'::regclass, oid, amname FROM pg_am
	) k (kind, class, oid, name) WHERE k.oid >= 16384 AND NOT EXISTS (SELECT FROM member WHERE (classid, objid) = (k.class, k.oid))
),
-- An expression is not written the same after it was read once: brackets and casts move.
plain AS (SELECT kind, encode(sha256(convert_to(regexp_replace(regexp_replace(def,
		'::(?:"[^"]+"|[\w.])+(?: varying| precision)?(?:\(\d+(?:,-?\d+)?\))?(?: with(?:out)? time zone)?(?:\[\])*', '', 'g'),
		'[()\s''"]', '', 'g'), getdatabaseencoding())), 'hex') AS sum FROM object),
digest AS (SELECT kind, count(*) AS number, encode(sha256(convert_to(string_agg(sum, '' ORDER BY sum COLLATE "C"), 'UTF8')), 'hex') AS sum FROM plain GROUP BY kind)
SELECT json_build_object(
	'Tables', (SELECT coalesce(json_agg(json_build_object('Schema', s, 'Name', relname, 'Bytes', coalesce(pg_table_size(oid), 0))
		ORDER BY s COLLATE "C", relname COLLATE "C"), '[]') FROM rel WHERE relkind = 'r'),
	'Sequences', (SELECT coalesce(json_agg(json_build_object('Schema', s, 'Name', relname, 'Increment', q.seqincrement)
		ORDER BY s COLLATE "C", relname COLLATE "C"), '[]') FROM rel JOIN pg_sequence q ON q.seqrelid = rel.oid),
	'Extensions', (SELECT coalesce(json_agg(json_build_object('Name', extname, 'Version', extversion, 'Schema', extnamespace::regnamespace::text)
		ORDER BY extname COLLATE "C"), '[]') FROM pg_extension),
	'Objects', (SELECT coalesce(json_object_agg(kind, number), '{}') FROM digest),
	'Digests', (SELECT coalesce(json_object_agg(kind, sum), '{}') FROM digest),
	'LargeObjects', (SELECT count(*) FROM pg_largeobject_metadata))
