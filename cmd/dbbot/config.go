package main

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dbbot/ops"
	"dbbot/ops/policy"
	"dbbot/ops/postgres"

	"go.yaml.in/yaml/v4"
)

// defaultFile is read when --config is not given and it exists.
const defaultFile = "dbbot.yml"

// Config is everything that can be set: the file, and what comes from the environment alone. example.yml shows
// and explains each field; config_rules.go says what is accepted.
type Config struct {
	Slack     Slack                   `yaml:"slack"`
	Groups    map[string]policy.Group `yaml:"groups"`
	Policy    []policy.Entry          `yaml:"policy"`
	Databases []Database              `yaml:"databases"`
	Status    yaml.Node               `yaml:"status"` // thresholds for every database
	State     Server                  `yaml:"state"`
	Audit     Audit                   `yaml:"audit"`
	Redis     Server                  `yaml:"redis"`
	HTTP      HTTP                    `yaml:"http"`
	Log       Log                     `yaml:"log"`

	Path string `yaml:"-"` // the file that was read; empty without one
}

// Slack is which workspace, and how to reach it. The tokens never stand in the file.
type Slack struct {
	Team    string `yaml:"team"`
	Channel string `yaml:"channel"`
	Sockets int    `yaml:"sockets"`

	BotToken ops.Secret `yaml:"-"` // SLACK_BOT_TOKEN
	AppToken ops.Secret `yaml:"-"` // SLACK_APP_TOKEN
	API      string     `yaml:"-"` // SLACK_API_URL; empty for Slack itself
}

// Database is one database as people name it.
type Database struct {
	Name        string      `yaml:"name"`
	Environment string      `yaml:"environment"`
	URL         ops.Secret  `yaml:"url"`
	MigrateURL  ops.Secret  `yaml:"migrate_url"`
	BackupURL   ops.Secret  `yaml:"backup_url"`
	RestoreURL  ops.Secret  `yaml:"restore_url"`
	Channel     string      `yaml:"channel"`
	Migrations  *Migrations `yaml:"migrations"`
	Backup      *Backup     `yaml:"backup"`
	Health      []string    `yaml:"health"`
	Status      yaml.Node   `yaml:"status"` // thresholds of this database, over those of the file

	Thresholds postgres.Thresholds `yaml:"-"` // of both, and the defaults
}

// Migrations is a folder and the tool that writes it. Dir is relative to the configuration file.
type Migrations struct {
	Tool         string     `yaml:"tool"`
	Dir          string     `yaml:"dir"`
	Rehearse     bool       `yaml:"rehearse"`      // run in a scratch database before anybody is asked
	RehearsalURL ops.Secret `yaml:"rehearsal_url"` // a server or branch for that; never production
}

// Backup is where backups go, when, and for how long they are kept.
type Backup struct {
	Store      string        `yaml:"store"`
	Schedule   string        `yaml:"schedule"`
	Zone       string        `yaml:"zone"` // of the schedule and of the days that Keep counts; default: UTC
	Keep       Keep          `yaml:"keep"`
	EncryptTo  []string      `yaml:"encrypt_to"`
	Identity   ops.Secret    `yaml:"identity"` // an age key that opens them, to verify and to restore
	Verify     string        `yaml:"verify"`
	Parallel   int           `yaml:"parallel"`
	Notify     string        `yaml:"notify"` // all or failures
	Limit      time.Duration `yaml:"limit"`  // the newest verified backup should not be older
	Digest     string        `yaml:"digest"` // when to sum up, as a schedule; empty: never
	PgBackRest *PgBackRest   `yaml:"pgbackrest"`
}

// PgBackRest is what backs up the whole cluster beside dbbot, so that its age can be shown.
type PgBackRest struct {
	Stanza string `yaml:"stanza"`
}

// Keep is how many backups of each age survive.
type Keep struct {
	Last    int `yaml:"last"`
	Daily   int `yaml:"daily"`
	Weekly  int `yaml:"weekly"`
	Monthly int `yaml:"monthly"`
	Yearly  int `yaml:"yearly"`
}

// Server is a service that is reached by one URL.
type Server struct {
	URL ops.Secret `yaml:"url"`
}

// Audit is how the record of who did what is kept.
type Audit struct {
	Key     ops.Secret    `yaml:"key"`     // signs the chain; never in the database
	File    string        `yaml:"file"`    // signed checkpoints go there; empty: to the channel alone
	Channel string        `yaml:"channel"` // checkpoints are posted there; default: slack.channel
	Every   time.Duration `yaml:"every"`   // between checkpoints
}

// HTTP is where /healthz, /readyz and /metrics listen.
type HTTP struct {
	Listen string `yaml:"listen"`
}

// Log is how the log is written.
type Log struct {
	Format string `yaml:"format"` // text or json
	Level  string `yaml:"level"`  // debug, info, warn or error
}

func defaults() Config {
	return Config{
		Slack: Slack{Sockets: 2}, // two overlap, so that a recycled one loses nothing
		HTTP:  HTTP{Listen: "127.0.0.1:9180"},
		Log:   Log{Format: "text", Level: "info"},
		Audit: Audit{Every: time.Hour},
	}
}

// need says which half of the configuration a sub-command cannot do without.
type need struct{ slack bool }

// load reads the file and the environment, and returns every fault of both at once, as Faults.
func load(path string, env environment, needs need) (Config, error) {
	c := &checker{config: defaults()}
	name := cmp.Or(path, defaultFile)
	source, err := os.ReadFile(name)
	switch {
	case err == nil:
		c.config.Path = name
		c.doc = parse(name, source, env, &c.faults)
		c.doc.decode(&c.config)
	case errors.Is(err, fs.ErrNotExist) && path == "":
		c.doc = parse("", nil, env, &c.faults)
		c.config.fromEnvironment(env, &c.faults)
	default:
		return c.config, misuse("The configuration file "+name+" cannot be read: "+reason(err)+".",
			"Check the path after --config; `dbbot example > dbbot.yml` writes a file to begin with.")
	}
	c.config.secrets(env, needs, &c.faults)
	if c.doc.root != nil {
		c.check()
	}
	if len(c.faults) > 0 {
		return c.config, c.faults.sorted()
	}
	return c.config, nil
}

// reason is the operating system's own word for what went wrong with a file, without the path said before.
func reason(err error) string {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		return inner.Err.Error()
	}
	return err.Error()
}

// beside resolves a folder of the file: relative to where the file lies, not to where the program was started.
func (c Config) beside(dir string) string {
	if filepath.IsAbs(dir) || c.Path == "" {
		return dir
	}
	return filepath.Join(filepath.Dir(c.Path), dir)
}
