ALTER TABLE loans ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_loans ON loans FOR SELECT USING (member_id::text = current_setting('app.member', true));
REVOKE ALL ON FUNCTION note_return() FROM PUBLIC;
