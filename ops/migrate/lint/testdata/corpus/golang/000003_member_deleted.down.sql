DROP INDEX members_email_key;
CREATE UNIQUE INDEX members_email_key ON members USING btree (email);
ALTER TABLE members DROP COLUMN deleted;
