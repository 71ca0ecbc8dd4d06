UPDATE loans SET due_at = taken_at + interval '14 days' WHERE due_at IS NULL;
ALTER TABLE loans ALTER COLUMN due_at SET NOT NULL;
