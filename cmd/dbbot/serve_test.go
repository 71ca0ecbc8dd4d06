package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"dbbot/ops/postgres/cluster/clustertest"

	"go.uber.org/goleak"
)

// quickly is a serve that listens on any free port.
const quickly = small + "http: {listen: 127.0.0.1:0}\n"

// says waits until the log holds what the pattern wants, and gives its last group.
func says(t *testing.T, log *lockedBuffer, pattern string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for shape := regexp.MustCompile(pattern); ctx.Err() == nil; pause(ctx, 10*time.Millisecond) {
		if found := shape.FindStringSubmatch(log.String()); found != nil {
			return found[len(found)-1]
		}
	}
	t.Fatalf("%s is not in\n%s", pattern, log)
	return ""
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestServeIsReadyWithRedisDownAndEndsCleanly(t *testing.T) {
	database := clustertest.Database(t)
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // runs last, when the workspace has ended its side
	vars, _ := slackSite(t, nil)
	path := file(t, quickly+"redis: {url: 'redis://:swordfish@127.0.0.1:1/0'}\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var log lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "-c", path}, environ(with(vars, "DATABASE_URL", database)), &log, &log)
	}()

	address := "http://" + says(t, &log, `http=([0-9.:]+)`)
	says(t, &log, "msg=ready")
	if code, body := get(t, address+"/readyz"); code != http.StatusOK || !strings.Contains(body, "orders: up") {
		t.Errorf("/readyz: %d %s", code, body)
	}
	for _, figure := range []string{`dbbot_database_up{database="orders"} 1`, "dbbot_slack_"} {
		if _, body := get(t, address+"/metrics"); !strings.Contains(body, figure) {
			t.Errorf("/metrics lacks %s", figure)
		}
	}

	stop()
	if code := <-ended; code != 0 || !strings.Contains(log.String(), "msg=stopped") {
		t.Errorf("exit %d\n%s", code, &log)
	}
	http.DefaultClient.CloseIdleConnections()
	if strings.Contains(log.String(), "swordfish") {
		t.Errorf("a password is logged:\n%s", &log)
	}
}

func TestServeWithoutATeamLearnsItFromSlack(t *testing.T) {
	t.Chdir(t.TempDir())
	vars, workspace := slackSite(t, nil)
	vars = with(vars, "DATABASE_URL", clustertest.Database(t))
	if err := os.WriteFile(defaultFile, []byte("http: {listen: 127.0.0.1:0}\ndatabases: [{name: only, environment: production, url: '${DATABASE_URL}'}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var log lockedBuffer
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, environ(vars), &log, &log) }()
	says(t, &log, "msg=ready")
	if _, err := workspace.Slash(t.Context(), "U0ANA", "C0ORDERS", "/db whoami"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "an answer that knows who asks", func() bool {
		for _, m := range workspace.Messages("C0ORDERS", "U0ANA") {
			if strings.Contains(m.Text, "team T0DEMO") && strings.Contains(m.Text, "change: no") {
				return true
			}
		}
		return false
	})
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit %d\n%s", code, &log)
	}
}

func TestServeWithTheEnvironmentAlone(t *testing.T) {
	t.Chdir(t.TempDir()) // no file here
	free, err := listen(defaults().HTTP.Listen)
	if err != nil {
		t.Skip("without a file the address is always the same:", err)
	}
	free.Close()
	vars, workspace := slackSite(t, nil)
	vars = with(vars, "DATABASE_URL", clustertest.Database(t))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var log lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve"}, environ(vars), &log, &log)
	}()
	says(t, &log, "msg=ready")
	if _, err := workspace.Slash(t.Context(), "U0ANA", "C0ORDERS", "/db status"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "an answer", func() bool {
		answers := workspace.Messages("C0ORDERS", "U0ANA")
		return len(answers) > 0 && strings.Contains(answers[len(answers)-1].Text, "production")
	})
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit %d\n%s", code, &log)
	}
}

// waitFor asks again and again, for a bounded time, until it is so.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ; ctx.Err() == nil; pause(ctx, 10*time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatal("there was never", what)
}

func TestServeEndsWithWhatNobodyCanMendByWaiting(t *testing.T) {
	vars, _ := slackSite(t, nil)
	vars = with(vars, "DATABASE_URL", "postgres://127.0.0.1:1/orders", "SLACK_BOT_TOKEN", "xoxb-unknown")
	code, _, errs := runs(t, vars, "serve", "-c", file(t, quickly))
	if code != 1 || !strings.Contains(errs, "dbbot: ") || strings.Contains(errs, "xoxb-unknown") {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

func TestServeSaysThatItsAddressIsTaken(t *testing.T) {
	taken, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	vars, _ := slackSite(t, nil)
	vars = with(vars, "DATABASE_URL", "postgres://127.0.0.1:1/orders")
	code, _, errs := runs(t, vars, "serve", "-c", file(t, small+"http: {listen: "+taken.Addr().String()+"}\n"))
	if code != 1 || !strings.Contains(errs, "address already in use") {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

// program starts this test binary as dbbot itself, in a process of its own, and gives all it says.
func program(t *testing.T, vars map[string]string, args ...string) (*exec.Cmd, *lockedBuffer) {
	t.Helper()
	log := &lockedBuffer{}
	child := exec.Command(os.Args[0], args...)
	child.Stdout, child.Stderr = log, log
	child.Env = append(os.Environ(), asProgram+"=1")
	for name, value := range vars {
		child.Env = append(child.Env, name+"="+value)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Kill() // does nothing where it has ended
		_ = child.Wait()
	})
	return child, log
}

func TestServeEndsOnSIGTERM(t *testing.T) {
	vars, _ := slackSite(t, nil)
	vars = with(vars, "DATABASE_URL", "postgres://127.0.0.1:1/orders")
	child, log := program(t, vars, "serve", "-c", file(t, quickly))
	says(t, log, "msg=ready") // the database is known to be down
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil || !strings.Contains(log.String(), "msg=stopped") {
		t.Errorf("%v\n%s", err, log)
	}
}
