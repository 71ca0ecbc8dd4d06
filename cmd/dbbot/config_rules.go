package main

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/coord"
	"dbbot/ops/policy"

	"github.com/jackc/pgx/v5/pgconn"
)

// checker looks at every setting and gathers what is wrong with it.
type checker struct {
	config Config
	doc    *document
	faults Faults
}

// What Slack's ids look like (reference: team T, organisation E, channels C or G).
var (
	teamID    = regexp.MustCompile(`^[TE][A-Z0-9]{2,}$`)
	channelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
	// typeable is a name of a database or an environment: people type it after /db
	typeable = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`)
)

// maxSockets is half of what Slack allows for one app: each connection needs room for its successor.
const maxSockets = 5

func (c *checker) check() {
	c.slack()
	c.policy()
	c.databases()
	c.redis("redis.url", c.config.Redis.URL)
	c.postgres("state.url", c.config.State.URL)
	c.audit()
	c.rest()
}

// add adds a fault, unless something is wrong there already: one mistake is said once.
func (c *checker) add(path, problem, fix string) {
	if !c.faulty(path) {
		c.doc.fault(path, problem, fix)
	}
}

// faulty is true when there is a fault at the path, above it or below it.
func (c *checker) faulty(path string) bool {
	return slices.ContainsFunc(c.faults, func(f Fault) bool { return within(f.Field, path) || within(path, f.Field) })
}

func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || outer == "" || rest[0] == '.' || rest[0] == '[')
}

// wants adds a fault unless value is empty or matches.
func (c *checker) wants(path, value string, pattern *regexp.Regexp, problem, fix string) {
	if value != "" && !pattern.MatchString(value) {
		c.add(path, problem, fix)
	}
}

// oneOf adds a fault unless value is one of the words.
func (c *checker) oneOf(path, value string, words ...string) {
	if !slices.Contains(words, value) {
		c.add(path, "is not a word that is known here", "Write "+choice(words)+".")
	}
}

func choice(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func (c *checker) slack() {
	s := c.config.Slack
	c.wants("slack.team", s.Team, teamID, "is not the id of a workspace",
		"Write the id that begins with T: it stands in the address when Slack is open in a browser.")
	c.channel("slack.channel", s.Channel)
	if s.Sockets < 1 || s.Sockets > maxSockets {
		c.add("slack.sockets", "is not a number of connections that Slack has room for", fmt.Sprintf("Write a number from 1 to %d; 2 is right unless there is a reason.", maxSockets))
	}
}

func (c *checker) channel(path, id string) {
	c.wants(path, id, channelID, "is not the id of a channel",
		"Write the id that begins with C: it stands at the end of the channel's details in Slack.")
}

// policy looks at the policy and the groups, and for environments that no entry names.
func (c *checker) policy() {
	for _, f := range c.config.policy().Validate() {
		c.add(f.Path, f.Problem, f.Fix)
	}
	if c.config.Policy == nil || c.faulty("policy") {
		return
	}
	for i, d := range c.config.Databases {
		if d.Environment != "" && !slices.ContainsFunc(c.config.Policy, func(e policy.Entry) bool {
			return slices.Contains(e.Environments, d.Environment) || slices.Contains(e.Environments, policy.AnyEnvironment)
		}) {
			c.add(fmt.Sprintf("databases[%d].environment", i), "is named by no entry of the policy, so that everything on this database is refused",
				`Name it under policy, or add an entry with environments: ["*"].`)
		}
	}
	c.backupsForMigrations()
}

// backupsForMigrations: a rule that wants a backup before a migration needs a place to put it.
func (c *checker) backupsForMigrations() {
	for i, d := range c.config.Databases {
		rule := c.config.policy().Rule(ops.Change, d.target())
		if (rule.RequireBackup > 0 || rule.Backup != "") && d.Migrations != nil && d.Backup == nil {
			c.add(fmt.Sprintf("databases[%d].backup", i), "is missing, and the policy wants a backup before a migration of "+d.Environment,
				"Say where backups of this database go: backup: {store: …}.")
		}
	}
}

// policy of the file; without one, everybody may ask and nobody may change.
func (c Config) policy() policy.Policy {
	entries := c.Policy
	if entries == nil {
		read := map[ops.Risk]policy.Rule{ops.Read: {Allow: []string{policy.Everyone}}}
		entries = []policy.Entry{{Environments: []string{policy.AnyEnvironment}, Rules: read}}
	}
	return policy.Policy{Entries: entries, Groups: c.Groups}
}

// postgres checks that a URL can be read. What the driver says about one that cannot may hold its password.
func (c *checker) postgres(path string, dsn ops.Secret) {
	if dsn == "" {
		return
	}
	if _, err := pgconn.ParseConfig(dsn.Reveal()); err != nil {
		c.add(path, "cannot be read as the address of a PostgreSQL database",
			"Write postgres://user:password@host:5432/database; in the password, write %40 for @, %3A for : and %2F for /.")
	}
}

func (c *checker) redis(path string, address ops.Secret) {
	if address == "" {
		return
	}
	if _, err := coord.Read(address); err != nil {
		said := ops.Explain(err, path)
		c.add(path, strings.TrimSuffix(strings.TrimPrefix(said.Message, "The Redis URL "), "."), said.Hint)
	}
}

func (c *checker) rest() {
	if _, port, err := net.SplitHostPort(c.config.HTTP.Listen); err != nil || port == "" {
		c.add("http.listen", "is not an address to listen on", "Write host:port, such as 127.0.0.1:9180, or :9180 for every interface.")
	}
	c.oneOf("log.format", c.config.Log.Format, "text", "json")
	c.oneOf("log.level", c.config.Log.Level, "debug", "info", "warn", "error")
}

// address checks a URL of one of the schemes.
func (c *checker) address(path, value string, schemes ...string) {
	u, err := url.Parse(value)
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "" && u.Scheme != "file" {
		c.add(path, "is not an address of a kind that is known here", "Begin it with "+choice(withSlashes(schemes))+".")
	}
}

func withSlashes(schemes []string) (out []string) {
	for _, s := range schemes {
		out = append(out, s+"://")
	}
	return out
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
