CREATE INDEX CONCURRENTLY IF NOT EXISTS loans_overdue_idx
    ON loans (due_at, id)
    INCLUDE (tool_id)
    WHERE returned_at IS NULL;
