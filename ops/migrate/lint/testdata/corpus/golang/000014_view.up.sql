CREATE OR REPLACE VIEW overdue AS
    SELECT l.id, l.due_at, m.email, t.name AS tool
      FROM loans l
      JOIN members m ON m.id = l.member_id
      JOIN tools t ON t.id = l.tool_id
     WHERE l.returned_at IS NULL AND l.due_at < now();
GRANT SELECT ON overdue TO PUBLIC;
