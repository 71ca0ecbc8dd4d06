package main

import (
	"fmt"
	"regexp"
	"strings"

	"dbbot/ops"
	"dbbot/ops/postgres"

	"github.com/jackc/pgx/v5/pgconn"
	"go.yaml.in/yaml/v4"
)

func (c *checker) databases() {
	list := c.doc.nodes["databases"]
	if c.config.Path != "" && (list == nil || list.Kind == yaml.SequenceNode && len(list.Content) == 0) {
		c.add("databases", "no database is named", "List at least one, with name, environment and url.")
	}
	ofFile := c.thresholds("status", c.config.Status, postgres.DefaultThresholds())
	seen := map[string]int{}
	for i, d := range c.config.Databases {
		path := fmt.Sprintf("databases[%d]", i)
		if first, taken := seen[strings.ToLower(d.Name)]; taken && d.Name != "" {
			c.add(path+".name", fmt.Sprintf("is the name of databases[%d] already", first), "Give each database a name of its own.")
		} else {
			seen[strings.ToLower(d.Name)] = i
		}
		c.database(path, d)
		c.config.Databases[i].Thresholds = c.thresholds(path+".status", d.Status, ofFile)
	}
}

// thresholds reads one status section over those that hold without it.
func (c *checker) thresholds(path string, section yaml.Node, over postgres.Thresholds) postgres.Thresholds {
	if section.Kind == 0 {
		return over
	}
	c.doc.load(path, &section, &over)
	for _, sentence := range over.Validate() {
		field, problem, _ := strings.Cut(strings.TrimSuffix(sentence, "."), " ")
		c.add(path+"."+field, problem, "Change one of the two; what is not written has the value that `dbbot example` shows.")
	}
	return over
}

func (c *checker) database(path string, d Database) {
	const form = "Write small letters, digits, _ . and -, 63 characters at most."
	c.required(path+".name", d.Name, "Give the database the name that people will type after /db.")
	c.wants(path+".name", d.Name, typeable, "is not a name that people can type", form)
	c.required(path+".environment", d.Environment, "Write production, staging or another word that the policy names.")
	c.wants(path+".environment", d.Environment, typeable, "is not the name of an environment", form)
	c.required(path+".url", d.URL.Reveal(), "Write ${NAME}, and set NAME to postgres://user:password@host:5432/database.")
	c.postgres(path+".url", d.URL)
	c.postgres(path+".migrate_url", d.MigrateURL)
	c.postgres(path+".backup_url", d.BackupURL)
	c.postgres(path+".restore_url", d.RestoreURL)
	c.channel(path+".channel", d.Channel)
	if d.Migrations != nil {
		c.oneOf(path+".migrations.tool", d.Migrations.Tool, "golang-migrate", "prisma")
		c.required(path+".migrations.dir", d.Migrations.Dir, "Write the folder that holds the migrations.")
	}
	if d.Backup != nil {
		c.backup(path+".backup", *d.Backup)
	}
	for i, one := range d.Health {
		c.address(fmt.Sprintf("%s.health[%d]", path, i), one, "https", "http")
	}
}

func (c *checker) required(path, value, fix string) {
	// a reference that could not be replaced has its fault already
	if value == "" && c.doc.source[path] == "" {
		c.add(path, "is missing", fix)
	}
}

// ageKey keeps everything else out, a secret key above all. Whether it is a whole key is for age to say, which reads it
// when a backup is made.
var ageKey = regexp.MustCompile(`^age1\S+$`)

// maxParallel bounds pg_dump's jobs: each takes a connection of its own.
const maxParallel = 64

func (c *checker) backup(path string, b Backup) {
	c.required(path+".store", b.Store, "Write file:///a/folder, s3://bucket/path, gs://bucket/path or azblob://container/path.")
	if b.Store != "" {
		c.address(path+".store", b.Store, "file", "s3", "gs", "azblob")
	}
	if b.Schedule != "" {
		if problem := scheduleFault(b.Schedule); problem != "" {
			c.add(path+".schedule", problem, `Write five fields: minute, hour, day, month, weekday: "0 3 * * *" is 3 o'clock each day.`)
		}
	}
	c.atLeastZero(path+".keep.last", b.Keep.Last)
	c.atLeastZero(path+".keep.daily", b.Keep.Daily)
	c.atLeastZero(path+".keep.weekly", b.Keep.Weekly)
	c.atLeastZero(path+".keep.monthly", b.Keep.Monthly)
	for i, key := range b.EncryptTo {
		c.wants(fmt.Sprintf("%s.encrypt_to[%d]", path, i), key, ageKey, "is not a public age key", "Write the key that begins with age1: `age-keygen -y` prints it.")
	}
	if b.Verify != "" {
		c.oneOf(path+".verify", b.Verify, "each", "daily", "weekly", "never")
	}
	if b.Parallel < 0 || b.Parallel > maxParallel {
		c.add(path+".parallel", "is not a number of jobs", fmt.Sprintf("Write a number from 1 to %d, or leave it out for one archive in one file.", maxParallel))
	}
}

func (c *checker) atLeastZero(path string, n int) {
	if n < 0 {
		c.add(path, "is less than nothing", "Write how many to keep, or 0.")
	}
}

// databaseName makes a name that can be typed from a database's address: its last part, in small letters.
func databaseName(dsn ops.Secret) string {
	const fallback = "main"
	config, err := pgconn.ParseConfig(dsn.Reveal())
	if err != nil {
		return fallback
	}
	typed := regexp.MustCompile(`[^a-z0-9_.-]+`).ReplaceAllString(strings.ToLower(config.Database), "-")
	if !typeable.MatchString(typed) {
		return fallback
	}
	return typed
}

// unused are the settings of this configuration that are checked but do nothing in this version.
func (c Config) unused() (paths []string) {
	add := func(path string, set bool) {
		if set {
			paths = append(paths, path)
		}
	}
	for i, e := range c.Policy {
		_, set := e.Rules[ops.Change] // no command has this risk yet
		add(fmt.Sprintf("policy[%d].%s", i, ops.Change), set)
	}
	for i, d := range c.Databases {
		path := fmt.Sprintf("databases[%d].", i)
		add(path+"backup_url", d.BackupURL != "")
		add(path+"restore_url", d.RestoreURL != "")
		add(path+"backup", d.Backup != nil)
		add(path+"health", len(d.Health) > 0)
	}
	return paths
}
