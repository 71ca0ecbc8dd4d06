ALTER TABLE audit_log DROP CONSTRAINT audit_log_who_fkey;
