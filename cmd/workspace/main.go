// Command workspace runs the local Slack workspace alone, for an app in any language: Web API, Socket Mode and a web
// page on loopback. It is a few lines over bot/workspace and imports nothing else of ours.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"dbbot/bot/workspace"

	"github.com/alecthomas/kong"
)

// commandLine is the whole surface of the program.
type commandLine struct {
	Port     int    `default:"9190" help:"Port on 127.0.0.1; 0 takes a free one."`
	Manifest string `default:"manifest.yml" help:"Slack app manifest: commands, scopes, events." placeholder:"FILE"`
	Seed     string `help:"People, channels and tokens; a small shop where none is given." placeholder:"FILE"`
	Coverage bool   `help:"Print which methods and features of Slack are there, and which are not."`
	NoOpen   bool   `help:"Do not open a browser."`
}

// stopWithin bounds how long open requests may take to end.
const stopWithin = 2 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: 0 is good, 1 is a fault in the files or the port, 2 is wrong use.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	var line commandLine
	parser, err := kong.New(&line, kong.Name("workspace"), kong.Description("A Slack workspace on this machine, to develop and test apps against."),
		kong.Writers(out, errs), kong.Exit(func(code int) { panic(exited(code)) }))
	if err != nil {
		panic(err) // the struct above is wrong
	}
	code, ended := parse(parser, args)
	switch {
	case ended:
		return code
	case line.Coverage:
		fmt.Fprint(out, workspace.Coverage())
		return 0
	}
	if err := line.serve(ctx, out); err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	return 0
}

// exited carries kong's exit after --help out of the parser.
type exited int

func parse(parser *kong.Kong, args []string) (code int, ended bool) {
	defer func() {
		if e, ok := recover().(exited); ok {
			code, ended = int(e), true
		}
	}()
	if _, err := parser.Parse(args); err != nil {
		fmt.Fprintln(parser.Stderr, err)
		return 2, true
	}
	return 0, false
}

// serve listens until ctx ends.
func (c *commandLine) serve(ctx context.Context, out io.Writer) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)))
	if err != nil {
		return fmt.Errorf("port %d cannot be used (%w); --port 0 takes a free one", c.Port, err)
	}
	slack := workspace.New(cfg)
	server := &http.Server{Handler: slack.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	page := "http://" + listener.Addr().String()
	announce(out, cfg, page)
	if !c.NoOpen {
		if err := workspace.Browse(page); err != nil {
			fmt.Fprintf(out, "No browser was opened (%v); the page is at %s\n", err, page)
		}
	}
	select {
	case err = <-failed:
		slack.Close()
		return err
	case <-ctx.Done():
	}
	slack.Close() // sockets and streams first: Shutdown would wait for them
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := server.Shutdown(bound); err != nil {
		server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (c *commandLine) config() (workspace.Config, error) {
	manifest, err := os.ReadFile(c.Manifest)
	if err != nil {
		return workspace.Config{}, fmt.Errorf("%w; --manifest names your app's Slack manifest as YAML", err)
	}
	seed := workspace.DefaultSeed()
	if c.Seed != "" {
		text, err := os.ReadFile(c.Seed)
		if err != nil {
			return workspace.Config{}, err
		}
		seed = workspace.Source{Name: c.Seed, Text: text}
	}
	return workspace.Load(workspace.Source{Name: c.Manifest, Text: manifest}, seed)
}

// announce prints what an app needs to find the workspace, ready to be pasted into a shell.
func announce(out io.Writer, cfg workspace.Config, page string) {
	app := cfg.Apps[0]
	fmt.Fprintf(out, "%s is open at %s\n\nGive your app\n", cfg.Team.Name, page)
	fmt.Fprintf(out, "  export SLACK_API_URL=%s/api/\n", page)
	fmt.Fprintf(out, "  export SLACK_BOT_TOKEN=%s\n  export SLACK_APP_TOKEN=%s\n\nCtrl-C ends it.\n", app.BotToken, app.AppToken)
}
