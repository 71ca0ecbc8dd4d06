package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/bot/workspace"

	"go.uber.org/goleak"
)

const manifestFile = "../../manifest.yml"

func TestCoverageIsPrinted(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"--coverage"}, &out, &errs); code != 0 || out.String() != workspace.Coverage() {
		t.Errorf("exit %d, %q", code, errs.String())
	}
}

func TestWrongUse(t *testing.T) {
	for args, want := range map[string]string{
		"--prot=1":                       "unknown flag --prot",
		"--port=x":                       "--port",
		"--manifest=/nowhere/manifest.y": "--manifest names your app's Slack manifest",
		"--seed=/nowhere/seed.yml --manifest=" + manifestFile: "/nowhere/seed.yml",
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), &out, &errs); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit %d, %q", args, code, errs.String())
		}
	}
}

func TestHelpIsNotAFault(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, &out, &errs); code != 0 || !strings.Contains(out.String(), "--manifest") {
		t.Errorf("exit %d, %q %q", code, out.String(), errs.String())
	}
}

func TestFaultsOfBothFilesAreTold(t *testing.T) {
	dir := t.TempDir()
	manifest, seed := filepath.Join(dir, "manifest.yml"), filepath.Join(dir, "seed.yml")
	write(t, manifest, "display_information: {name: x}\n")
	write(t, seed, "team: {id: T1, name: Shop}\n")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"--manifest", manifest, "--seed", seed, "--no-open"}, &out, &errs)
	if code != 1 || !strings.Contains(errs.String(), "manifest.yml:1: settings.socket_mode_enabled") || !strings.Contains(errs.String(), "seed.yml:1: app.bot_token") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestServe starts the program, calls it as an app would with what it printed, and ends it with Ctrl-C.
func TestServe(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, ctrlC := context.WithCancel(t.Context())
	defer ctrlC()
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		var errs bytes.Buffer
		ended <- run(ctx, []string{"--port=0", "--no-open", "--manifest", manifestFile}, writer, &errs)
		writer.Close()
	}()
	printed := exports(reader)
	req, err := http.NewRequestWithContext(t.Context(), "POST", printed["SLACK_API_URL"]+"auth.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+printed["SLACK_BOT_TOKEN"])
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if !strings.Contains(string(body), `"ok":true`) || !strings.Contains(string(body), "T0DEMO") {
		t.Errorf("auth.test: %s", body)
	}
	ctrlC()
	if code := <-ended; code != 0 {
		t.Errorf("exit %d after Ctrl-C", code)
	}
}

// exports reads what the program tells an app, up to its last line, and goes on reading so that nothing blocks.
func exports(from io.Reader) map[string]string {
	found := map[string]string{}
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(lines.Text()), "export "), "="); ok {
			found[name] = value
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			break
		}
	}
	go io.Copy(io.Discard, from)
	return found
}
