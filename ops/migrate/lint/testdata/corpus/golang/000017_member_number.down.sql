ALTER TABLE members DROP COLUMN number;
