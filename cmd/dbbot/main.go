// Command dbbot is an operations desk for a team's PostgreSQL databases, inside Slack. It is the composition root:
// wire.go names every part, config.go what can be set, and each sub-command has a file of its own. It may import
// everything; nothing imports it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"dbbot/ops"

	"github.com/alecthomas/kong"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

// commandLine is the whole surface of the program.
type commandLine struct {
	Serve    serveCommand    `cmd:"" help:"Connect to Slack and answer until told to stop."`
	Demo     demoCommand     `cmd:"" help:"Try everything on this machine: a sample database, a workspace in the browser, and the bot."`
	Check    checkCommand    `cmd:"" help:"Look at the configuration and at all it points to; say what is wrong and how to mend it."`
	Ask      askCommand      `cmd:"" help:"Answer one question here, without Slack: for cron, and for the day Slack is down."`
	Example  exampleCommand  `cmd:"" help:"Print a configuration file that explains every setting."`
	Requests requestsCommand `cmd:"" help:"List requests and what became of them, for people and for scripts."`
	Audit    auditCommand    `cmd:"" help:"Prove that the record of who did what is whole, or write it out."`
	Backup   backupCommand   `cmd:"" help:"Take a backup, or see what a store holds; also without Slack, and without a configuration file."`
	Verify   verifyCommand   `cmd:"" help:"See whether a backup can be restored: read it, or restore it into a scratch database."`
	Restore  restoreCommand  `cmd:"" help:"Bring a backup back. Its --help is written for the day everything else is gone."`
	Version  versionCommand  `cmd:"" help:"Print which build this is."`
}

// process is what a sub-command has of the world outside.
type process struct {
	env       environment
	out, errs io.Writer
}

// Exit codes (design section 10).
const (
	good         exit = 0
	notGood      exit = 1
	couldNotTell exit = 2 // also: used wrongly
)

// exit ends a sub-command that has said everything itself.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// run is the program: it reads nothing but its arguments, and returns the exit code.
func run(ctx context.Context, args []string, env environment, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal is not caught: it ends the program at once

	err := dispatch(ctx, args, &process{env: env, out: out, errs: errs})
	tell(errs, err)
	return int(code(err))
}

// code is the exit code of an error: its own where it has one, else "not good".
func code(err error) exit {
	if err == nil {
		return good
	}
	if own, ok := errors.AsType[exit](err); ok {
		return own
	}
	if _, ok := errors.AsType[Faults](err); ok {
		return couldNotTell
	}
	return notGood
}

func dispatch(ctx context.Context, args []string, p *process) (err error) {
	var line commandLine
	parser, err := kong.New(&line, kong.Name("dbbot"), kong.Writers(p.out, p.errs),
		kong.Description("An operations desk for a team's PostgreSQL databases, inside Slack. Try it with: dbbot demo"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(code int) { panic(exit(code)) })) // --help wants to end the program
	if err != nil {
		return err
	}
	defer func() {
		switch value := recover().(type) {
		case nil:
		case exit:
			err = value
		default:
			panic(value)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return misuse(err.Error(), "`"+helpFor(err)+"` shows what there is.")
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(p)
}

// helpFor names the --help of the sub-command that was understood, else the program's own.
func helpFor(err error) string {
	if parse, ok := errors.AsType[*kong.ParseError](err); ok {
		if known := parse.Context.Selected(); known != nil {
			return "dbbot " + known.Name + " --help"
		}
	}
	return "dbbot --help"
}

// misuse is an error of whoever typed the command; code finds the exit code in its cause.
func misuse(message, hint string) error {
	return &ops.Error{Message: message, Hint: hint, Cause: couldNotTell}
}

// tell says an error to whoever sits at the terminal.
func tell(errs io.Writer, err error) {
	if err == nil {
		return
	}
	if faults, ok := errors.AsType[Faults](err); ok {
		fmt.Fprint(errs, faults.Error())
		return
	}
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		fmt.Fprintln(errs, "dbbot:", marked.Message)
		if marked.Hint != "" {
			fmt.Fprintln(errs, "      ", marked.Hint)
		}
		return
	}
	if _, said := errors.AsType[exit](err); !said {
		fmt.Fprintln(errs, "dbbot:", ops.Redact(err.Error()))
	}
}
