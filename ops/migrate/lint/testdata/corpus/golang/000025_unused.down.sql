CREATE INDEX tools_tags ON tools USING gin (tags);
ALTER TABLE tools ADD CONSTRAINT tools_name_key UNIQUE (name);
CREATE TABLE group_members (group_id uuid NOT NULL REFERENCES groups (id) ON DELETE CASCADE, member_id uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE, UNIQUE (group_id, member_id));
CREATE TABLE settings (key varchar(256) NOT NULL, value varchar(8192) NOT NULL, CONSTRAINT settings_pkey PRIMARY KEY (key));
CREATE VIEW overdue AS SELECT l.id, l.due_at, m.email, t.name AS tool FROM loans l JOIN members m ON m.id = l.member_id JOIN tools t ON t.id = l.tool_id WHERE l.returned_at IS NULL AND l.due_at < now();
