ALTER TABLE loans DROP CONSTRAINT loans_due_after;
