CREATE TABLE audit_log (
    at timestamptz NOT NULL DEFAULT now(),
    who uuid,
    what jsonb NOT NULL DEFAULT '{}'::jsonb,
    ip inet
) PARTITION BY RANGE (at);
CREATE TABLE audit_log_2026 PARTITION OF audit_log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE audit_log_rest PARTITION OF audit_log DEFAULT;
CREATE INDEX audit_log_who ON audit_log (who);
CREATE INDEX audit_log_what ON audit_log USING gin (what jsonb_path_ops);
