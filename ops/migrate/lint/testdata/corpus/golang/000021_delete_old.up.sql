DELETE FROM audit_log WHERE at < now() - interval '2 years';
TRUNCATE TABLE settings;
INSERT INTO settings (key, value) SELECT 'member/' || id, email FROM members WHERE NOT deleted;
