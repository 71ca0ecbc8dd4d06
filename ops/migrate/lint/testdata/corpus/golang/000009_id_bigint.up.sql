ALTER TABLE tools ALTER COLUMN id TYPE bigint;
ALTER TABLE loans ALTER COLUMN tool_id TYPE bigint;
ALTER SEQUENCE tools_id_seq AS bigint;
