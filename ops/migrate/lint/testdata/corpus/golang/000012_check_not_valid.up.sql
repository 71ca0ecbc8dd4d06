ALTER TABLE loans DROP CONSTRAINT IF EXISTS loans_due_after;
ALTER TABLE loans ADD CONSTRAINT loans_due_after CHECK (due_at > taken_at) NOT VALID;
