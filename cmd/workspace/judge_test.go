package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// judgeWithin bounds the whole run of the official clients: they wait out rate limits and a refresh.
const judgeWithin = 3 * time.Minute

var passed = regexp.MustCompile(`(?m)^# pass ([1-9]\d*)$`)

// TestOfficialClients runs Slack's own Node clients (bolt, socket-mode, web-api) against the built program: commands,
// clicks, modals, the Home tab, files, mentions, rate limits and a refresh, seen from outside.
func TestOfficialClients(t *testing.T) {
	if testing.Short() {
		t.Skip("the official clients take half a minute; -short leaves them out")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: apt-get install nodejs")
	}
	judge := filepath.Join("..", "..", ".ci", "judge")
	if _, err := os.Stat(filepath.Join(judge, "node_modules", "@slack", "bolt")); err != nil {
		t.Skip("the official clients are not installed: (cd .ci/judge && npm ci)")
	}
	program := filepath.Join(t.TempDir(), "workspace")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), judgeWithin)
	defer cancel()
	run := exec.CommandContext(ctx, node, "--test-reporter=tap", "judge.test.mjs")
	run.Dir = judge
	run.Env = append(os.Environ(), "WORKSPACE="+program)
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) } // so that it ends the program it started
	run.WaitDelay = 5 * time.Second
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	count := passed.FindSubmatch(out)
	if count == nil {
		t.Fatalf("nothing was judged:\n%s", out)
	}
	t.Logf("the official clients passed %s checks", count[1])
}
