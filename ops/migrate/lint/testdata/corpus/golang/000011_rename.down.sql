ALTER INDEX loans_by_member RENAME TO loans_member_id_idx;
ALTER TABLE members ALTER COLUMN name TYPE varchar(64);
ALTER TABLE members RENAME COLUMN name TO display_name;
