package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestASecretFileWithoutEndIsNotRead names a pipe that goes on for ever: reading all of it would never return.
func TestASecretFileWithoutEndIsNotRead(t *testing.T) {
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	written := make(chan error, 1)
	go func() { _, err := to.WriteString(strings.Repeat("x", maxSecretFile+1)); written <- err }()
	path := fmt.Sprintf("/dev/fd/%d", from.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("this system does not name its open files:", err)
	}
	_, _, fault := environ(map[string]string{"TOKEN_FILE": path}).get("TOKEN")
	if fault == nil || !strings.Contains(fault.Problem, "larger than 64 KiB") {
		t.Errorf("got %+v", fault)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	to.Close()
}

func TestWhiteSpaceRoundAValueDoesNotCount(t *testing.T) {
	t.Chdir(t.TempDir())
	vars := with(complete, "SLACK_BOT_TOKEN", " xoxb-1-demo\n", "SLACK_APP_TOKEN", "\txapp-1-demo\r\n", "DATABASE_URL", complete["DATABASE_URL"]+"\n")
	c, err := load("", environ(vars), need{slack: true})
	if err != nil {
		t.Fatal(err)
	}
	if c.Slack.BotToken != "xoxb-1-demo" || c.Slack.AppToken != "xapp-1-demo" || c.Databases[0].URL.Reveal() != complete["DATABASE_URL"] {
		t.Errorf("got %q, %q, %q", c.Slack.BotToken.Reveal(), c.Slack.AppToken.Reveal(), c.Databases[0].URL.Reveal())
	}
}

func TestQuotationMarksThatTheShellLeftAreNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := load("", environ(with(complete, "SLACK_BOT_TOKEN", `"xoxb-1-demo"`)), need{slack: true})
	if err == nil || !strings.Contains(err.Error(), "a value in quotation marks") {
		t.Errorf("got %v", err)
	}
}
