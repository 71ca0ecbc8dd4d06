package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

// asProgram makes this test binary be dbbot itself, for the tests that kill it.
const asProgram = "DBBOT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		crashHook()
		main()
	}
	os.Exit(clustertest.Run(m))
}

// runs the program with variables and arguments, and gives all it said.
func runs(t *testing.T, vars map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, environ(vars), &o, &e)
	return code, o.String(), e.String()
}

func TestWrongUse(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, tt := range map[string]struct {
		args []string
		vars map[string]string
		code int
		says string
	}{
		"no words":          {nil, nil, 0, "Usage: dbbot <command>"},
		"help":              {[]string{"--help"}, nil, 0, "serve"},
		"help of one":       {[]string{"demo", "--help"}, nil, 0, "--no-open"},
		"a typing error":    {[]string{"srve"}, nil, 2, `did you mean "serve"`},
		"an unknown flag":   {[]string{"demo", "--no-opne"}, nil, 2, `did you mean "--no-open"`},
		"not a port":        {[]string{"demo", "--port", "http"}, nil, 2, "`dbbot demo --help` shows"},
		"no such port":      {[]string{"demo", "--port", "99999"}, nil, 2, "--port"},
		"nothing to ask":    {[]string{"ask"}, complete, 2, "`dbbot ask --help` shows"},
		"a flag behind":     {[]string{"ask", "status", "-c", "nowhere.yml"}, complete, 2, "nowhere.yml cannot be read"},
		"no such file":      {[]string{"check", "-c", "nowhere.yml"}, complete, 2, "nowhere.yml cannot be read: no such file"},
		"serve, no tokens":  {[]string{"serve"}, map[string]string{"DATABASE_URL": "postgres://x/y"}, 2, "SLACK_BOT_TOKEN: is not set"},
		"check, no tokens":  {[]string{"check"}, map[string]string{"DATABASE_URL": "postgres://x/y"}, 1, "SLACK_APP_TOKEN: is not set"},
		"ask, no database":  {[]string{"ask", "status"}, nil, 2, "DATABASE_URL: is not set"},
		"ask, not a word":   {[]string{"ask", "statsu"}, map[string]string{"DATABASE_URL": "postgres://127.0.0.1:1/y"}, 2, "Did you mean /db status?"},
		"ask, a typing err": {[]string{"ask", "status", "ordrs"}, map[string]string{"DATABASE_URL": "postgres://127.0.0.1:1/orders"}, 2, "orders"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := runs(t, tt.vars, tt.args...)
			if code != tt.code || !strings.Contains(out+errs, tt.says) {
				t.Errorf("exit %d; want %d and %q in:\n%s%s", code, tt.code, tt.says, out, errs)
			}
		})
	}
}

func TestExampleAndVersion(t *testing.T) {
	if code, out, _ := runs(t, nil, "example"); code != 0 || out != example {
		t.Errorf("exit %d, %q", code, out)
	}
	if code, out, _ := runs(t, nil, "version"); code != 0 || !strings.HasPrefix(out, "dbbot ") || strings.Count(out, "\n") != 1 {
		t.Errorf("exit %d, %q", code, out)
	}
}

func TestAskARealServer(t *testing.T) {
	t.Chdir(t.TempDir())
	vars := map[string]string{"DATABASE_URL": clustertest.Database(t)}
	code, out, errs := runs(t, vars, "ask", "ping")
	if code != 0 || !strings.Contains(out, "PostgreSQL 1") || errs != "" {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	for _, words := range [][]string{{"ask", "status"}, {"ask", "whoami"}, {"ask", "help status"}} {
		if code, out, errs := runs(t, vars, words...); code > 1 || out == "" || errs != "" {
			t.Errorf("%v: exit %d\n%s%s", words, code, out, errs)
		}
	}
}

func TestAskWithoutServerIsNotGood(t *testing.T) {
	t.Chdir(t.TempDir())
	vars := map[string]string{"DATABASE_URL": "postgres://reader:swordfish@127.0.0.1:1/orders"}
	code, out, errs := runs(t, vars, "ask", "status orders")
	if code != 1 || !strings.Contains(out, "orders") || strings.Contains(out, "swordfish") || errs != "" { // cron mails what is said twice
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestAskLogsWhereTheFileSaysDebug(t *testing.T) {
	path := file(t, small+"log: {level: debug}\n")
	code, _, errs := runs(t, map[string]string{"DATABASE_URL": "postgres://reader:swordfish@127.0.0.1:1/orders"}, "ask", "-c", path, "status")
	if code != 1 || !strings.Contains(errs, "level=WARN") || strings.Contains(errs, "swordfish") {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

func TestVerdictsHaveExitCodes(t *testing.T) {
	for verdict, want := range map[commands.Verdict]exit{
		"": good, commands.Good: good, commands.Unseen: couldNotTell, commands.Watch: notGood, commands.Bad: notGood,
	} {
		if got := code(verdictCode(verdict)); got != want {
			t.Errorf("%q ends with %d, want %d", verdict, got, want)
		}
	}
}

func TestLogHoldsNoSecret(t *testing.T) {
	secret := "postgres://reader:swordfish@db.example.com/orders"
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		log := newLog(&b, Log{Format: format, Level: "debug"})
		log.Debug("cannot connect to "+secret, "url", secret, "error", errors.New(secret), "secret", ops.Secret("swordfish"),
			"any", struct{ URL string }{secret}, "list", []string{secret}, slog.Group("g", "inner", secret))
		log.With("early", secret).WithGroup("g").Info("x", "late", secret)
		if text := b.String(); strings.Contains(text, "swordfish") || strings.Count(text, "reader:***@db") < 8 {
			t.Errorf("%s: %s", format, text)
		}
	}
}

func TestLogHoldsTheCauseOfWhatPeopleAreTold(t *testing.T) {
	var b bytes.Buffer
	inner := &ops.Error{Message: "The call failed.", Cause: errors.New("dial postgres://u:swordfish@h/d: refused")}
	newLog(&b, Log{}).Warn("x", "cause", fmt.Errorf("asking: %w", &ops.Error{Message: "It is away.", Cause: inner}))
	if got := b.String(); !strings.Contains(got, "asking: It is away. (The call failed. (dial postgres://u:***@h/d: refused))") {
		t.Error(got)
	}
}

func TestLogLevelAndFormat(t *testing.T) {
	var b bytes.Buffer
	log := newLog(&b, Log{Format: "json", Level: "warn"})
	log.Info("quiet")
	log.Warn("loud", "after", 3)
	if got := b.String(); !strings.HasPrefix(got, "{") || strings.Contains(got, "quiet") || !strings.Contains(got, `"after":3`) {
		t.Error(got)
	}
}

func TestUnmarkedErrorsAreRedacted(t *testing.T) {
	var b bytes.Buffer
	tell(&b, errors.New("dial postgres://u:swordfish@h/d"))
	if strings.Contains(b.String(), "swordfish") || code(errors.New("x")) != notGood || code(context.Canceled) != notGood {
		t.Error(b.String())
	}
}
