ALTER TABLE audit_log ADD CONSTRAINT audit_log_who_fkey FOREIGN KEY (who) REFERENCES members (id);
