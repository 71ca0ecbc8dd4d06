package main

import (
	"context"
	"log/slog"
	"time"

	"dbbot/bot"
	"dbbot/bot/slack"
	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/coord"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/rehearse"
	"dbbot/ops/postgres"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// app is all parts, wired. Nothing here connects to anything: serve and ask do.
type app struct {
	log     *slog.Logger
	figures *prometheus.Registry
	reader  *postgres.Reader
	shared  *coord.Coord
	slack   *slack.Client // nil at a terminal
	road    *bot.Bot
	health  *health // nil at a terminal
	changes *changes
	stores  *backups
	stage   *rehearse.Rooms
	since   time.Time
}

// wire makes every part from those above it. It is the one place that names every concrete type. Without Slack the
// road answers the terminal alone.
func wire(config Config, log *slog.Logger, withSlack bool) (a *app, err error) {
	a = &app{log: log, figures: newRegistry(), since: time.Now(), stage: rehearse.New(log), stores: newBackups(config)}
	if a.reader, err = postgres.Open(config.readable(), log); err != nil {
		return nil, err
	}
	if a.shared, err = coord.Open(config.Redis.URL, config.Slack.BotToken, log); err != nil {
		return nil, err
	}
	road := bot.Options{
		Policy: config.policy(), Team: func() string { return config.Slack.Team },
		Directory: nobody{}, Coordinator: a.shared, Log: log, Registry: a.figures,
	}
	a.changes = newChanges(config, log, a.figures)
	a.changes.terminal = !withSlack
	if withSlack {
		a.slack, err = slack.New(slack.Config{
			API: config.Slack.API, BotToken: config.Slack.BotToken, AppToken: config.Slack.AppToken,
			Team: config.Slack.Team, Sockets: config.Slack.Sockets, Log: log, Registry: a.figures,
		})
		if err != nil {
			return nil, err
		}
		road.Team = func() string { return a.slack.State().Team } // what the file says, or Slack where it does not
		road.Chat, road.Room, road.Directory = a.slack, a.slack, a.slack
		a.health = a.newHealth(config)
		road.State, road.Channels, road.Backed = a.changes.state, config.channel, config.backed(a.stores.Glance)
	}
	road.Catalogue = commands.All(a.toolbox(config))
	a.road = bot.New(road)
	if withSlack {
		a.changes.announce, a.changes.desk, a.changes.room = a.road.Announce, a.road, a.slack
		if len(road.Backed) > 0 {
			a.changes.tick = a.road.Tick
		}
	}
	return a, nil
}

// toolbox is what commands work with. What is not configured stays nil, and so does, at a terminal, what only a
// running dbbot has.
func (a *app) toolbox(config Config) commands.Toolbox {
	tools := commands.Toolbox{
		Databases: config.targets(), Version: version(), Folders: config.folders(),
		Postgres: a.reader, Status: sharedStatus{a.reader, a.shared}, Locks: a.reader, Sessions: a.reader,
		Migrations: migrator{config}, Rehearsals: rehearsals{config, a.stage}, Policy: config.policy(),
	}
	tools.Shelf, tools.Dumps, tools.Store, tools.Restores, tools.Backups = a.stores, a.stores, a.stores, a.stores, a.stores
	if config.Redis.URL != "" {
		tools.Redis = a.shared
	}
	if a.slack != nil {
		tools.Chat, tools.Self = chatState{a.slack}, a
	}
	if config.unset() == nil {
		tools.State, tools.Requests, tools.Audit = a.changes, a.changes, a.changes
	}
	return tools
}

func (a *app) newHealth(config Config) *health {
	h := &health{log: a.log, slack: a.slack.State, seen: map[string]sight{}}
	h.up = promauto.With(a.figures).NewGaugeVec(prometheus.GaugeOpts{
		Name: "dbbot_database_up", Help: "Whether the database answered when it was last asked.",
	}, []string{"database"})
	h.ping = func(ctx context.Context, database string) error { _, err := a.reader.Ping(ctx, database); return err }
	for _, d := range config.Databases {
		h.databases = append(h.databases, d.Name)
	}
	return h
}

// Self tells commands what this process has been doing.
func (a *app) Self() commands.SelfState {
	answering, answered := a.road.Load()
	return commands.SelfState{Since: a.since, Answering: answering, Answered: answered}
}

// close gives up what the parts hold open.
func (a *app) close() {
	a.changes.close()
	a.stage.Close()
	a.reader.Close()
	if err := a.stores.close(); err != nil {
		a.log.Debug("backups: closing", "cause", err)
	}
	if err := a.shared.Close(); err != nil {
		a.log.Debug("redis: closing", "cause", err)
	}
}

// readable are the databases as ops/postgres wants them.
func (c Config) readable() (out []postgres.Database) {
	for _, d := range c.Databases {
		one := postgres.Database{Target: d.target(), URL: d.URL, MigrateURL: d.MigrateURL, Thresholds: d.Thresholds}
		if d.Migrations != nil {
			one.Migrations = postgres.Tool(d.Migrations.Tool)
		}
		out = append(out, one)
	}
	return out
}

func (d Database) target() ops.Target {
	return ops.Target{Database: d.Name, Environment: d.Environment}
}

func (c Config) targets() (out []ops.Target) {
	for _, d := range c.Databases {
		out = append(out, d.target())
	}
	return out
}

// folders of migrations, by database.
func (c Config) folders() map[string]migrate.Folder {
	out := map[string]migrate.Folder{}
	for _, d := range c.Databases {
		if d.Migrations != nil {
			out[d.Name] = migrate.Folder{Tool: migrate.Tool(d.Migrations.Tool), Dir: c.beside(d.Migrations.Dir)}
		}
	}
	return out
}

// chatState tells commands what the connection knows of itself.
type chatState struct{ client *slack.Client }

func (c chatState) State() commands.ChatState { return asChatState(c.client.State()) }

func asChatState(s slack.State) commands.ChatState {
	return commands.ChatState{
		Open: s.Open, Wanted: s.Wanted, Connections: s.Connections, Strangers: s.Strangers, Since: s.Since, Fault: s.Fault,
		Granted: s.Scopes, Needed: slack.Scopes(),
	}
}

// channel of a database: its own, else the one for everything that has no better place.
func (c Config) channel(database string) string {
	for _, d := range c.Databases {
		if d.Name == database && d.Channel != "" {
			return d.Channel
		}
	}
	return c.Slack.Channel
}
