-- What a dump leaves out and a restore needs: which server, who owns and may enter the database, what is set for it,
-- and which roles its contents belong to or are granted to.
WITH db AS (SELECT d.*, to_jsonb(d) AS j FROM pg_database d WHERE d.datname = current_database()),
-- what an extension brought belongs to whoever makes the extension again; what superusers alone may make, to those
own (role, kind) AS (
	SELECT refobjid, deptype FROM pg_shdepend s, db WHERE refclassid = 'pg_authid'::regclass AND (dbid = db.oid OR (dbid, classid, objid) = (0, 'pg_database'::regclass, db.oid))
		AND classid NOT IN ('pg_extension'::regclass, 'pg_event_trigger'::regclass, 'pg_foreign_data_wrapper'::regclass)
		AND (deptype <> 'o' OR NOT EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e' AND (e.classid, e.objid) = (s.classid, s.objid)))
	-- the first superuser is pinned: no dependence on it is written down
	UNION SELECT owner, 'o' FROM (
		SELECT 'pg_class'::regclass, oid, relowner, relnamespace FROM pg_class UNION ALL SELECT 'pg_proc'::regclass, oid, proowner, pronamespace FROM pg_proc
		UNION ALL SELECT 'pg_type'::regclass, oid, typowner, typnamespace FROM pg_type WHERE typrelid = 0 AND typelem = 0
		UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner, oid FROM pg_namespace
	) o (class, oid, owner, space) JOIN pg_namespace n ON n.oid = o.space AND n.nspname NOT LIKE 'pg\_%'
	WHERE o.oid >= 16384 AND o.owner = 10 AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e' AND (e.classid, e.objid) = (o.class, o.oid))
	UNION SELECT datdba, 'o' FROM db)
SELECT json_build_object(
	'Server', json_build_object('System', (SELECT system_identifier::text FROM pg_control_system()), 'Catalog', datname,
		'Version', split_part(current_setting('server_version'), ' ', 1), 'Major', current_setting('server_version_num')::int / 10000,
		'Encoding', pg_encoding_to_char(encoding), 'Collation', datcollate, 'Ctype', datctype,
		'Provider', CASE coalesce(j->>'datlocprovider', 'c') WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
		'Locale', coalesce(j->>'datlocale', j->>'daticulocale', ''), 'Bytes', pg_database_size(db.oid)),
	'LSN', (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text,
	'Roles', (SELECT coalesce(json_agg(rolname ORDER BY rolname COLLATE "C"), '[]') FROM pg_roles WHERE oid IN (SELECT role FROM own) AND rolname NOT LIKE 'pg\_%'),
	'Owners', (SELECT coalesce(json_agg(rolname ORDER BY rolname COLLATE "C"), '[]') FROM pg_roles WHERE oid IN (SELECT role FROM own WHERE kind = 'o') AND rolname NOT LIKE 'pg\_%'),
	'Settings', (SELECT coalesce(json_agg(o ORDER BY n), '[]') FROM pg_db_role_setting, unnest(setconfig) WITH ORDINALITY u (o, n) WHERE setdatabase = db.oid AND setrole = 0),
	'RoleSettings', (SELECT coalesce(json_object_agg(rolname, setconfig), '{}') FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole WHERE setdatabase = db.oid),
	'Owner', pg_get_userbyid(datdba), 'Access', datacl::text[], 'Connections', datconnlimit) FROM db
