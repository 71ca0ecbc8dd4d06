package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	yamlBlock = regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```")
	exported  = regexp.MustCompile(`export ((?:[A-Z_]+='[^']*' ?)+)`)
)

// TestREADMEsFilesAreWhole: each file that README shows has no fault with the variables that README exports, so that
// who follows it gets to the first answer without a detour.
func TestREADMEsFilesAreWhole(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{}
	for _, line := range exported.FindAllStringSubmatch(string(text), -1) {
		for _, pair := range strings.Fields(line[1]) {
			name, value, _ := strings.Cut(pair, "=")
			vars[name] = strings.ReplaceAll(strings.Trim(value, "'"), "…", "1111")
		}
	}
	blocks := yamlBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 2 || len(vars) < 3 {
		t.Fatalf("README shows %d files and exports %v", len(blocks), vars)
	}
	for _, block := range blocks {
		shown := strings.ReplaceAll("\n"+block[2], "\n"+block[1], "\n")
		if _, err := load(file(t, shown), environ(vars), need{slack: true}); err != nil {
			t.Errorf("with %v:\n%s\n%v", vars, shown, err)
		}
	}
}
