-- What the role may not read of that which pg_dump reads. What an extension brought is not dumped, but for the tables that
-- it names as its users' (extconfig).
WITH me AS (SELECT current_setting('is_superuser') = 'on' AS super),
own AS (SELECT oid, nspname, has_schema_privilege(oid, 'USAGE') AS usable FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'),
rel AS (SELECT c.oid, relkind, relname, nspname, usable, format('%s.%s', nspname, relname) AS name
	FROM pg_class c JOIN own ON own.oid = relnamespace
	WHERE relkind IN ('r', 'p', 'S') AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE (d.classid, d.objid, d.deptype) = ('pg_class'::regclass, c.oid, 'e') AND d.refclassid = 'pg_extension'::regclass
			AND NOT c.oid = ANY (coalesce(e.extconfig, '{}')))),
denied AS (SELECT name FROM rel
	WHERE NOT (usable AND CASE relkind WHEN 'S' THEN has_sequence_privilege(oid, 'SELECT') ELSE has_table_privilege(oid, 'SELECT') END)),
hidden AS (SELECT name FROM rel WHERE relkind IN ('r', 'p') AND row_security_active(oid))
SELECT current_user::text,
	(SELECT count(*) FROM rel WHERE relkind = 'r'),
	(SELECT count(*) FROM denied), (SELECT array_agg(name) FROM (SELECT name FROM denied ORDER BY name LIMIT 5) d),
	(SELECT count(*) FROM hidden), (SELECT array_agg(name) FROM (SELECT name FROM hidden ORDER BY name LIMIT 5) h),
	(SELECT count(*) FROM pg_largeobject_metadata, me WHERE NOT (super OR current_setting('lo_compat_privileges')::bool OR pg_has_role(lomowner, 'USAGE')
		OR EXISTS (SELECT FROM aclexplode(lomacl) WHERE privilege_type = 'SELECT' AND (grantee = 0 OR pg_has_role(grantee, 'USAGE'))))),
	has_table_privilege('pg_catalog.pg_authid', 'SELECT'),
	(SELECT count(*) FROM pg_subscription_rel, me WHERE NOT super) > 0,
	(SELECT current_setting('max_connections')::int - CASE WHEN super THEN 0 ELSE current_setting('superuser_reserved_connections')::int
		+ coalesce(current_setting('reserved_connections', true), '0')::int END FROM me) - (SELECT count(*) FROM pg_stat_activity
		WHERE usesysid IS NOT NULL AND coalesce(backend_type = 'client backend', true))
