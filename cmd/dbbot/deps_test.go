package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The direction of imports is the design's one straight line, cmd → bot → commands → ops. The sources are read with
// go/parser: a test that asks `go list` is answered from the test cache and misses a new import.

const root = "../.."

// layer of one of our packages, from the bottom up; a package imports its own layer's tree or what is below.
var layers = map[string]int{"ops": 1, "commands": 2, "bot": 3, "cmd": 4}

func TestImportsGoDownwards(t *testing.T) {
	for file, imports := range importsOfAll(t) {
		from := filepath.ToSlash(filepath.Dir(file))
		for _, path := range imports {
			if ours, own := strings.CutPrefix(path, "dbbot/"); own {
				if fault := inside(from, ours, strings.HasSuffix(file, "_test.go")); fault != "" {
					t.Errorf("%s imports %s: %s", file, path, fault)
				}
			} else if fault := outside(from, path); fault != "" {
				t.Errorf("%s imports %s: %s", file, path, fault)
			}
		}
	}
}

// engines are pure: whatever is under ops may stand on them.
var engines = []string{"ops/policy", "ops/approval", "ops/audit"}

// client runs PostgreSQL's own programs, for backups and for rehearsals: adapters may stand on it.
const client = "ops/client"

// inside judges an import of a package of ours.
func inside(from, to string, test bool) string {
	switch {
	case from == "bot/workspace":
		return "the local workspace imports nothing of ours, so that it cannot share our mistakes"
	case from == "ops":
		return "ops imports nothing of ours"
	case to == "bot/workspace" && !test && !strings.HasPrefix(from, "cmd/"):
		return "only commands of cmd and tests may stand on the local workspace"
	case strings.HasSuffix(to, "test") && !test && !strings.HasSuffix(from, "test"):
		return "test code stays in tests"
	case layers[top(to)] > layers[top(from)]:
		return "imports go down: cmd, bot, commands, ops"
	case slices.Contains(engines, family(from)) && to != "ops" && family(from) != family(to) && !test:
		return "an engine is pure: it imports ops alone"
	case top(from) == "ops" && to != "ops" && family(from) != family(to) && !slices.Contains(engines, to) && to != client && !test:
		return "adapters under ops do not import one another"
	}
	return ""
}

// outside judges an import of somebody else's package.
func outside(from, path string) string {
	switch {
	case strings.HasPrefix(path, "github.com/slack-go/") && from != "bot/slack" && from != "bot/blockkit":
		return "only bot/slack and bot/blockkit know slack-go"
	case strings.HasPrefix(path, "github.com/jackc/") && top(from) != "ops" && top(from) != "cmd":
		return "only ops knows the database driver"
	}
	return ""
}

func top(path string) string { first, _, _ := strings.Cut(path, "/"); return first }

// family is the adapter a package belongs to: ops/postgres/cluster is of ops/postgres.
func family(path string) string {
	parts := strings.Split(path, "/")
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func importsOfAll(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		switch {
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules" || strings.HasPrefix(name, ".") && name != "."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		found[name] = []string{}
		for _, spec := range file.Imports {
			unquoted, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[name] = append(found[name], unquoted)
		}
		return nil
	})
	if err != nil || len(found) < 20 {
		t.Fatalf("read %d files, %v", len(found), err)
	}
	return found
}

func TestTheRulesOfDirectionCatchWhatTheyShould(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		test     bool
		refused  bool
	}{
		{"commands", "ops/postgres", false, false},
		{"commands", "bot", false, true},
		{"ops/policy", "ops", false, false},
		{"ops/policy", "commands", false, true},
		{"ops/postgres", "ops/coord", false, true},
		{"ops/store", "ops/approval", false, false},
		{"ops/store", "ops/job", false, true},
		{"ops/approval", "ops/policy", false, true},
		{"ops/postgres/cluster/clustertest", "ops/postgres/cluster", false, false},
		{"ops/postgres", "ops/postgres/cluster/clustertest", false, true},
		{"ops/migrate", "ops/postgres/cluster/clustertest", true, false},
		{"ops", "ops/policy", false, true},
		{"bot/workspace", "ops", true, true},
		{"bot/slack", "bot/workspace", false, true},
		{"bot/slack", "bot/workspace", true, false},
		{"cmd/dbbot", "bot/workspace", false, false},
	} {
		if fault := inside(tt.from, tt.to, tt.test); (fault != "") != tt.refused {
			t.Errorf("%s → %s (test: %v): got %q, want refused %v", tt.from, tt.to, tt.test, fault, tt.refused)
		}
	}
}

func TestVisibleTopLevelStaysAsDesigned(t *testing.T) {
	want := []string{"README.md", "bot", "cmd", "commands", "go.mod", "go.sum", "manifest.yml", "ops"}
	found, err := filepath.Glob(filepath.Join(root, "[^.]*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if !slices.Contains(want, filepath.Base(path)) {
			t.Errorf("%s is new at the top level; the design's map has no place for it", filepath.Base(path))
		}
	}
}
