// Package client finds PostgreSQL's own client programs (pg_dump, pg_restore, pg_dumpall) by major version, and runs one as
// a supervised process group. It knows nothing of backups or migrations, and may import ops.
package client
