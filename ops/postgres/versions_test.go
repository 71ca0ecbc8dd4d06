package postgres

import (
	"slices"
	"strings"
	"testing"
)

func TestMajor(t *testing.T) {
	for text, want := range map[string]int{
		"15.18 (Debian 15.18-0+deb12u1)": 15, "14.23": 14, "18beta1": 18, "17devel": 17, "9.6.24": 9, "": oldest, "Redshift": oldest,
	} {
		if got := major(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestDialects(t *testing.T) {
	for name, test := range map[string]struct {
		versions []int
		want     string
	}{
		"{{checkpoints}}":               {[]int{17, 18, 19}, "pg_stat_checkpointer"},
		"{{checkpoints}} ":              {[]int{9, 14, 15, 16}, "pg_stat_bgwriter"},
		"{{reserved slots}}":            {[]int{16, 17, 18}, "reserved_connections"},
		"{{reserved slots}} ":           {[]int{14, 15}, "0 "},
		"{{signals autovacuum}}":        {[]int{18, 19}, "pg_signal_autovacuum_worker"},
		"{{signals autovacuum}} ":       {[]int{14, 17}, "false"},
		"{{slot inactive since}}":       {[]int{17, 18}, "inactive_since"},
		"{{slot inactive since}} ":      {[]int{14, 15, 16}, "NULL::timestamptz"},
		"{{slot invalidation reason}}":  {[]int{17, 18}, "invalidation_reason"},
		"{{slot invalidation reason}} ": {[]int{14, 15, 16}, "NULL::text"},
	} {
		for _, version := range test.versions {
			if got := spoken(name, version); !strings.Contains(got, test.want) {
				t.Errorf("%s of %d is %s", name, version, got)
			}
		}
	}
}

// Every query is whole in every version, asks once, and differs between versions only where a dialect says so.
func TestEveryQueryInEveryVersion(t *testing.T) {
	all := slices.Concat(sectionsFor(GolangMigrate), sectionsFor(Prisma), []section{{file: "backend"}, {file: "signal"}})
	for _, s := range all {
		for version := oldest; version <= newest; version++ {
			all := s.statements(version)
			query := all[len(all)-1]
			if strings.Contains(query, "{{") || strings.Contains(query, "--") || strings.Contains(query, ";") || strings.TrimSpace(query) == "" {
				t.Errorf("%s in %d: %s", s.file, version, query)
			}
			differs := query != s.statements(oldest)[len(all)-1]
			if slices.Contains([]string{"checkpoints", "connections", "replication", "backend"}, s.file) != differs && version == newest {
				t.Errorf("%s differs between %d and %d: %v", s.file, oldest, newest, differs)
			}
		}
	}
	for name := range dialects {
		used := false
		for _, s := range all {
			sql, err := queries.ReadFile("sql/" + s.file + ".sql")
			used = used || err == nil && strings.Contains(string(sql), "{{"+name+"}}")
		}
		if !used {
			t.Errorf("no query uses the dialect %q", name)
		}
	}
}
