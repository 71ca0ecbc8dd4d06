DROP VIEW IF EXISTS overdue;
DROP TABLE IF EXISTS settings, group_members CASCADE;
ALTER TABLE tools DROP CONSTRAINT tools_name_key;
DROP INDEX IF EXISTS tools_tags;
