package postgres

import (
	"regexp"
	"strconv"
	"strings"
)

// The versions this package was tried on; older ones are asked as the oldest, newer ones as the newest.
const (
	oldest = 14
	newest = 18
)

// dialects are the only differences between PostgreSQL 14 and 18 in what a status reads: a name in a query, and
// what stands for it from which major version on.
var dialects = map[string][]struct {
	from int
	sql  string
}{
	"checkpoints": { // 17 moved them out of pg_stat_bgwriter and renamed them
		{14, `SELECT checkpoints_timed AS timed, checkpoints_req AS requested, stats_reset FROM pg_stat_bgwriter`},
		{17, `SELECT num_timed AS timed, num_requested AS requested, stats_reset FROM pg_stat_checkpointer`},
	},
	"reserved slots": { // 16 added slots for pg_use_reserved_connections
		{14, `0`},
		{16, `current_setting('reserved_connections')::int`},
	},
	"slot inactive since": { // 17 knows since when, and why a slot was given up
		{14, `NULL::timestamptz`},
		{17, `inactive_since`},
	},
	"signals autovacuum": { // 18 has a role for it; before, only superusers may
		{14, `false`},
		{18, `pg_has_role('pg_signal_autovacuum_worker', 'USAGE')`},
	},
	"slot invalidation reason": {
		{14, `NULL::text`},
		{17, `invalidation_reason`},
	},
}

var placeholder = regexp.MustCompile(`\{\{(.*?)\}\}`)

// spoken is a query in the dialect of a major version.
func spoken(query string, version int) string {
	return placeholder.ReplaceAllStringFunc(query, func(name string) string {
		var sql string
		for _, d := range dialects[strings.Trim(name, "{}")] {
			if d.from <= max(version, oldest) {
				sql = d.sql
			}
		}
		return sql
	})
}

var leadingNumber = regexp.MustCompile(`^\d+`)

// major is the number before the first point of server_version, which a server sends when a session starts and a
// pooler passes on: "15.18 (Debian …)", "18beta1". It is the oldest where there is none.
func major(serverVersion string) int {
	if n, err := strconv.Atoi(leadingNumber.FindString(serverVersion)); err == nil {
		return n
	}
	return oldest
}
