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
		c.rehearsal(path+".migrations.rehearsal_url", d)
	}
	if d.Backup != nil {
		c.backup(path+".backup", *d.Backup)
	}
	for i, one := range d.Health {
		c.address(fmt.Sprintf("%s.health[%d]", path, i), one, "https", "http")
	}
}

// rehearsal: the place for it may be anything but the database itself.
func (c *checker) rehearsal(path string, d Database) {
	url := d.Migrations.RehearsalURL
	c.postgres(path, url)
	if url != "" && (url == d.URL || url == d.MigrateURL) {
		c.add(path, "is the database itself", "Write another server, or a branch of this one; or leave it out.")
	}
}

func (c *checker) required(path, value, fix string) {
	// a reference that could not be replaced has its fault already
	if value == "" && c.doc.source[path] == "" {
		c.add(path, "is missing", fix)
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
	for i, d := range c.Databases {
		path := fmt.Sprintf("databases[%d].", i)
		add(path+"health", len(d.Health) > 0)
	}
	return paths
}
