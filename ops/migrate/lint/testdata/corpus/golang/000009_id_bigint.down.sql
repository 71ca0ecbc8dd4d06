ALTER SEQUENCE tools_id_seq AS integer;
ALTER TABLE loans ALTER COLUMN tool_id TYPE integer;
ALTER TABLE tools ALTER COLUMN id TYPE integer;
