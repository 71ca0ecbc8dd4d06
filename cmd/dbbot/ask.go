package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"

	"dbbot/commands"
	"dbbot/ops"
)

type askCommand struct {
	configFlag
	Words []string `arg:"" help:"What one would type after /db: status orders"`
}

// Run answers a question here. The exit code follows the answer: 0 good, 1 watch or bad, 2 when it could not be
// told, or was not understood.
func (c askCommand) Run(ctx context.Context, p *process) error {
	config, err := load(c.Config, p.env, need{})
	if err != nil {
		return err
	}
	a, err := wire(config, newLog(p.errs, Log{Format: config.Log.Format, Level: terminalLevel(config.Log.Level)}), false)
	if err != nil {
		return err
	}
	defer a.close()
	view, err := a.road.Ask(ctx, operator(), strings.Join(c.Words, " "))
	if err != nil {
		tell(p.errs, err)
		return couldNotTell
	}
	fmt.Fprintln(p.out, view.Text())
	return verdictCode(view.Verdict)
}

// Help is what --help says beside the summary.
func (askCommand) Help() string {
	return "For example: dbbot ask status orders. Slack's tokens are not needed. " +
		"Exit codes: 0 good, 1 worth a look or bad, 2 it could not be told or was not understood."
}

// terminalLevel keeps warnings from the terminal, and out of cron's mails: the answer says the same, and better.
func terminalLevel(configured string) string {
	if configured == "debug" {
		return configured
	}
	return "error"
}

func verdictCode(v commands.Verdict) error {
	switch v {
	case commands.Good, "":
		return nil
	case commands.Unseen:
		return couldNotTell
	default:
		return notGood
	}
}

// operator is whoever sits at this terminal: who may start dbbot holds its passwords, and is trusted.
func operator() ops.Person {
	name := "the operator"
	if me, err := user.Current(); err == nil {
		name = me.Username
	}
	return ops.Person{ID: ops.PersonID{Team: "terminal", User: name}, Name: name, Standing: ops.Member}
}

// nobody is the directory where there is no Slack.
type nobody struct{}

var errNoSlack = errors.New("there is no Slack at a terminal")

func (nobody) Person(context.Context, ops.PersonID) (ops.Person, error) {
	return ops.Person{}, errNoSlack
}
func (nobody) Roster(context.Context, string) ([]string, error) { return nil, errNoSlack }
func (nobody) Outsiders(context.Context, string) (bool, error)  { return false, errNoSlack }
