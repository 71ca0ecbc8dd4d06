ALTER TYPE member_status ADD VALUE IF NOT EXISTS 'dormant';
COMMENT ON TYPE member_status IS 'dormant: has not signed in for a year';
