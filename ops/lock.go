package ops

// DatabaseLock is the key of the advisory lock that a session of dbbot holds in a database, the one it is about, for as
// long as it migrates that or takes a backup of it: so two of them exclude each other, whichever replica, terminal or
// request they belong to. It is a session's lock on the bigint, pg_try_advisory_lock(DatabaseLock), asked for by polling
// with a bound and never by waiting inside PostgreSQL: who waits there holds a snapshot, for which CREATE INDEX
// CONCURRENTLY waits in turn. The locks of the migration tools are taken after it, never before.
const DatabaseLock int64 = 0x6462_6d69_6772
