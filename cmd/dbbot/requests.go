package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/store"
)

type requestsCommand struct {
	configFlag
	Which    string `arg:"" optional:"" enum:"open,all" default:"open" help:"open: those of which something can still come; all: the others too."`
	Database string `placeholder:"NAME" help:"Only those of this database."`
	By       string `placeholder:"USER" help:"Only those that this person asked for: a Slack user id."`
	Limit    int    `default:"50" help:"The newest so many, at most 200."`
	JSON     bool   `name:"json" help:"One JSON object a line, for scripts."`
}

// Help is what --help says beside the summary.
func (requestsCommand) Help() string {
	return "Slack's tokens are not needed. Times in JSON are RFC 3339, in UTC. Exit codes: 0 it could be read, 1 it could not, 2 used wrongly."
}

// requestLine is a request as scripts read it. Fields are added, never renamed or taken away.
type requestLine struct {
	ID          approval.ID    `json:"id"`
	State       approval.State `json:"state"`
	Command     string         `json:"command"`
	Words       string         `json:"words"`
	Risk        ops.Risk       `json:"risk"`
	Database    string         `json:"database"`
	Environment string         `json:"environment"`
	Requester   string         `json:"requester"`
	Reason      string         `json:"reason,omitempty"`
	Agreed      []string       `json:"agreed,omitempty"`
	Needed      int            `json:"needed"`
	Digest      string         `json:"digest"`
	Asked       time.Time      `json:"asked"`
	Expires     time.Time      `json:"expires,omitzero"`
	Started     time.Time      `json:"started,omitzero"`
	Ended       time.Time      `json:"ended,omitzero"`
	Why         string         `json:"why,omitempty"`
	WaitsFor    approval.ID    `json:"waits_for,omitempty"`
	GlassBroken bool           `json:"glass_broken,omitempty"`
}

// Run lists requests, newest first.
func (c requestsCommand) Run(ctx context.Context, p *process) error {
	config, err := load(c.Config, p.env, need{})
	if err != nil {
		return err
	}
	kept, err := openState(ctx, config)
	if err != nil {
		return err
	}
	defer kept.Close()
	filter := approval.Filter{Limit: c.Limit}
	if c.Which == "open" {
		filter.States = []approval.State{approval.Pending, approval.Approved, approval.Running}
	}
	if c.By != "" {
		filter.Requester = ops.PersonID{Team: config.Slack.Team, User: c.By}
	}
	if c.Database != "" {
		filter.Databases = []string{c.Database}
	}
	all, err := kept.List(ctx, filter)
	if err != nil {
		return err
	}
	out := json.NewEncoder(p.out)
	for _, r := range all {
		if c.JSON {
			if err := out.Encode(asLine(r)); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(p.out, "%-6s %-12s %-12s %s  %s\n", r.ID, r.State, ops.Printable(r.Target.Database, maxSaid), r.Asked.UTC().Format(time.RFC3339), ops.Printable(commands.Saying(r), maxSaid))
	}
	if len(all) == 0 && !c.JSON {
		fmt.Fprintln(p.out, "no requests")
	}
	return nil
}

func asLine(r approval.Request) requestLine {
	line := requestLine{
		ID: r.ID, State: r.State, Command: r.Command, Words: r.Words, Risk: r.Risk, Database: r.Target.Database, Environment: r.Target.Environment,
		Requester: r.Requester.User, Reason: r.Reason, Needed: r.Terms.Count, Digest: r.Digest, Asked: r.Asked.UTC(),
		Expires: utc(r.Expires), Started: utc(r.Started), Ended: utc(r.Ended), Why: r.Why, WaitsFor: r.WaitsFor, GlassBroken: r.Glass,
	}
	for _, vote := range r.Votes {
		if vote.Agree {
			line.Agreed = append(line.Agreed, vote.By.User)
		}
	}
	return line
}

// utc leaves what never happened zero.
func utc(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.UTC()
}

// openState opens dbbot's own tables for a command that looks at them from the terminal.
func openState(ctx context.Context, config Config) (*store.Store, error) {
	if why := config.unset(); why != nil {
		return nil, why
	}
	key, err := audit.NewKey(config.Audit.Key)
	if err != nil {
		return nil, err
	}
	return config.openTables(ctx, key)
}

// openTables opens them for looking: nothing is queued and nothing is said.
func (c Config) openTables(ctx context.Context, key audit.Key) (*store.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	return store.Open(ctx, store.Options{URL: c.stateURL(), AuditKey: key, Version: version(), Policy: c.policyDigest()})
}
