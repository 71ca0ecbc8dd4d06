ALTER TABLE ONLY members ADD COLUMN IF NOT EXISTS deleted boolean DEFAULT false NOT NULL;

-- One address may be taken again once its member is gone.
DROP INDEX members_email_key;
CREATE UNIQUE INDEX members_email_key ON members (lower(email)) WHERE deleted = false;
