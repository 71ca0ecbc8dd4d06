ALTER TABLE loans DROP COLUMN group_id;
DROP TABLE group_members;
DROP TABLE groups;
