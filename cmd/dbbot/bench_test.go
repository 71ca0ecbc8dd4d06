package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"dbbot/bot/workspace"
)

// BenchmarkBesideBolt sends the same slash commands, over the same local workspace, in the same run, to `dbbot serve`
// and to the smallest app there is on @slack/bolt. dbbot does its whole road (who asks, may they, help, Block Kit);
// Bolt acks and answers a fixed text. The help of one command is as long however many commands there are. One operation is
// one command: sent, acked and answered through its response URL.
func BenchmarkBesideBolt(b *testing.B) {
	program := filepath.Join(b.TempDir(), "dbbot")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	dbbotProcess := func(b *testing.B, w benchWorkspace) *exec.Cmd { return dbbotProcess(b, w, program) }
	for _, outstanding := range []int{1, 16} {
		b.Run(fmt.Sprintf("dbbot/outstanding=%d", outstanding), func(b *testing.B) {
			benchmarkCommands(b, outstanding, dbbotProcess)
		})
		b.Run(fmt.Sprintf("bolt/outstanding=%d", outstanding), func(b *testing.B) {
			benchmarkCommands(b, outstanding, boltProcess)
		})
	}
}

// crowd is how many people type: a person's allowance is a few commands at once, and this is about the program.
const crowd = 2000

func benchmarkCommands(b *testing.B, outstanding int, start func(*testing.B, benchWorkspace) *exec.Cmd) {
	w := newBenchWorkspace(b)
	before := time.Now()
	child := start(b, w)
	ready, idle := time.Since(before), residentMB(b, child.Process.Pid)
	latencies, busy := make([]time.Duration, b.N), atomic.Int64{}
	turns := make(chan int)
	var senders sync.WaitGroup
	begun := time.Now()
	b.ResetTimer()
	for range outstanding {
		senders.Go(func() {
			for i := range turns {
				answer, err := w.Slash(b.Context(), fmt.Sprintf("U0CROWD%04d", i%crowd), "C0GENERAL", "/db help whoami")
				if err != nil || answer.Outcome != "acked" {
					b.Errorf("%v %v", answer.Outcome, err)
				}
				if bytes.Contains(answer.Response, []byte(`"text"`)) {
					busy.Add(1) // an ack with words in it: come again
				}
				latencies[i] = answer.Latency
			}
		})
	}
	for i := range b.N {
		turns <- i
	}
	close(turns)
	senders.Wait()
	b.StopTimer()
	slices.Sort(latencies)
	b.ReportMetric(float64(latencies[len(latencies)/2].Microseconds()), "ack-p50-µs")
	b.ReportMetric(float64(latencies[len(latencies)*99/100].Microseconds()), "ack-p99-µs")
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "commands/s")
	b.ReportMetric(float64(busy.Load()), "busy")
	b.ReportMetric(idle, "idle-MB")
	b.ReportMetric(residentMB(b, child.Process.Pid), "after-MB")
	b.ReportMetric(float64(ready.Milliseconds()), "start-ms")
}

type benchWorkspace struct {
	*workspace.Server
	env []string
}

func newBenchWorkspace(b *testing.B) benchWorkspace {
	manifest, err := os.ReadFile(filepath.Join(root, "manifest.yml"))
	if err != nil {
		b.Fatal(err)
	}
	config, err := workspace.Load(workspace.Source{Name: "manifest.yml", Text: manifest}, workspace.DefaultSeed())
	if err != nil {
		b.Fatal(err)
	}
	config.Limits.MessagesPerSecond, config.Limits.TiersPerMin = -1, [5]float64{-1, -1, -1, -1, -1}
	for i := range crowd {
		id := fmt.Sprintf("U0CROWD%04d", i)
		config.People = append(config.People, workspace.Person{ID: id, Name: strings.ToLower(id)})
		config.Channels[0].Members = append(config.Channels[0].Members, id)
	}
	server := workspace.New(config)
	site := httptest.NewServer(server.Handler())
	b.Cleanup(func() { server.Close(); site.Close() })
	return benchWorkspace{server, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "SLACK_API_URL=" + site.URL + "/api/",
		"SLACK_BOT_TOKEN=" + config.Apps[0].BotToken, "SLACK_APP_TOKEN=" + config.Apps[0].AppToken,
		"DATABASE_URL=postgres://nobody@127.0.0.1:1/none", // never asked: /db help reads no database
	}}
}

func dbbotProcess(b *testing.B, w benchWorkspace, program string) *exec.Cmd {
	file := filepath.Join(b.TempDir(), "dbbot.yml")
	settings := "slack: {team: T0DEMO}\ndatabases: [{name: none, environment: staging, url: \"${DATABASE_URL}\"}]\n" +
		"policy: [{environments: [\"*\"], read: {allow: [everyone]}}]\nhttp: {listen: \"127.0.0.1:0\"}\n"
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		b.Fatal(err)
	}
	return startBench(b, w, 2, program, "serve", "--config", file)
}

func boltProcess(b *testing.B, w benchWorkspace) *exec.Cmd {
	script := filepath.Join(root, ".ci/judge/bolt-bench.mjs")
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(filepath.Dir(script), "node_modules")); err != nil || missing != nil {
		b.Skip("node or its packages are missing: npm ci in .ci/judge")
	}
	return startBench(b, w, 1, node, script)
}

// startBench starts a program that connects to the workspace, and waits until its sockets are open.
func startBench(b *testing.B, w benchWorkspace, sockets int, program string, args ...string) *exec.Cmd {
	child := exec.Command(program, args...)
	child.Env = w.env
	out, err := child.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	begun := time.Now()
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	go func() { // nothing is expected here; what comes is shown
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), "level=ERROR") {
				b.Log(lines.Text())
			}
		}
	}()
	b.Cleanup(func() {
		_ = child.Process.Signal(syscall.SIGTERM)
		_ = child.Wait()
	})
	for len(w.Sockets()) < sockets {
		if time.Since(begun) > patience {
			b.Fatal("not connected")
		}
		time.Sleep(2 * time.Millisecond)
	}
	return child
}

// residentMB is what the process holds in memory now.
func residentMB(b *testing.B, pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("memory is read from /proc: ", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
