ALTER TABLE members RENAME COLUMN display_name TO name;
ALTER TABLE members ALTER COLUMN name TYPE text;
ALTER INDEX loans_member_id_idx RENAME TO loans_by_member;
