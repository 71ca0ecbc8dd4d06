package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Conversations are the files testdata/*.txt: people of different roles talk to dbbot through the whole wiring and the
// local workspace. A line is one of
//
//	# a comment                        in #orders | in a thread | out of the thread
//	ana> what she types                ana clicks Refresh | lee clicks Approve at home
//	lee opens the home tab             lee writes: what goes into the form that is open
//	bot to ana: what she alone reads   bot to ana, again: what her message has become
//	bot to everyone: …                 bot to everyone, again: …
//	bot to ana, finally: …             what it says in the end, however often it changes until then
//	bot to ana directly: …             bot to ana in the thread: … | in a form: … | at home: …
//	slackbot to ana: …                 gus hears nothing
//	a session of orders, called bob    bob is gone | bob is there; {bob} in any text is its pid
//	somebody waits for bob
//
// and, in those about migrations (migrate_*.txt) and backups (backup_*.txt), which have a database, a folder and a store of
// their own,
//
//	the file 000007_x.up.sql: its text       the file 000007_x.up.sql is gone
//	the shop runs: SQL                       the shop says 5 to: SQL
//	{shop} in any text is what its database is called on the server
//	2 days pass for "backup shop"            a minute begins | the clock stands still
//
// Lines that begin with four spaces go on with the text above. "…" stands for anything, on one line or several.
//
// Every conversation is held twice: with one replica of dbbot, and with two that share PostgreSQL and Redis.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations found", err)
	}
	databases := sampleDatabases(t)
	for _, file := range files {
		for replicas := 1; replicas <= 2; replicas++ {
			t.Run(fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".txt"), replicas), func(t *testing.T) {
				with := func(*world) {}
				switch name := filepath.Base(file); {
				case name == "migrate_prisma.txt":
					with = func(w *world) { w.file, w.shop = "testdata/migrate.yml", newPrismaShop(t, databases) }
				case name == "backup_quiet.txt":
					with = func(w *world) {
						w.file, w.shop = "testdata/backup.yml", newShopOf(t, databases)
						w.shop.schedule, w.shop.notify = "*/5 * * * *", "failures"
					}
				case strings.HasPrefix(name, "backup_"):
					with = func(w *world) { w.file, w.shop = "testdata/backup.yml", newShopOf(t, databases) }
				case name == "migrate_policy.txt":
					with = func(w *world) { w.file, w.shop = "testdata/migrate_policy.yml", newShopOf(t, databases) }
				case strings.HasPrefix(name, "migrate_"):
					with = func(w *world) { w.file, w.shop = "testdata/migrate.yml", newShopOf(t, databases) }
				}
				c := &conversation{
					t: t, world: newWorld(t, databases, replicas, with), channel: "C0ORDERS",
					people: map[string]*listener{}, sessions: map[string]*transaction{},
				}
				for _, step := range readSteps(t, file) {
					c.line = fmt.Sprintf("%s:%d: %s", file, step.line, step.text)
					c.play(c.withPids(step.text))
				}
				c.nothingLeft()
			})
		}
	}
}

type conversation struct {
	t       *testing.T
	world   *world
	channel string
	thread  string
	line    string
	people  map[string]*listener

	sessions map[string]*transaction
}

type verb struct {
	shape *regexp.Regexp
	do    func(c *conversation, words []string)
}

var verbs = []verb{
	{regexp.MustCompile(`^in (#[\w-]+)$`), func(c *conversation, w []string) { c.channel, c.thread = c.world.channel(c.t, w[1]), "" }},
	{regexp.MustCompile(`^in a thread$`), func(c *conversation, _ []string) { c.thread = c.startThread() }},
	{regexp.MustCompile(`^out of the thread$`), func(c *conversation, _ []string) { c.thread = "" }},
	{regexp.MustCompile(`(?s)^(\w+)> (.*)$`), func(c *conversation, w []string) { c.says(w[1], w[2]) }},
	{regexp.MustCompile(`^(\w+) clicks ([\w {}]+?)( at home)?$`), func(c *conversation, w []string) { c.clicks(w[1], w[2], w[3] != "") }},
	{regexp.MustCompile(`^(\w+) opens the home tab$`), func(c *conversation, w []string) { c.opensHome(w[1]) }},
	{regexp.MustCompile(`(?s)^(\w+) writes: (.*)$`), func(c *conversation, w []string) { c.writes(w[1], w[2]) }},
	{regexp.MustCompile(`^(\w+) hears nothing$`), func(c *conversation, w []string) { c.hearsNothing(w[1]) }},
	{regexp.MustCompile(`(?s)^bot to everyone( in the thread)?(, again|, finally)?: (.*)$`), func(c *conversation, w []string) { c.everyoneReads(w[1], w[2], w[3]) }},
	{regexp.MustCompile(`(?s)^bot to (\w+)( directly| in the thread| in a form| at home)?(, again|, finally)?: (.*)$`), func(c *conversation, w []string) {
		c.reads(w[1], cmp.Or(lane(strings.TrimSpace(w[2])), alone), w[3], w[4])
	}},
	{regexp.MustCompile(`(?s)^slackbot to (\w+): (.*)$`), func(c *conversation, w []string) { c.reads(w[1], slackbot, "", w[2]) }},
	{regexp.MustCompile(`^a session of (\w+), called (\w+)$`), func(c *conversation, w []string) { c.sessions[w[2]] = c.startSession(w[1]) }},
	{regexp.MustCompile(`^somebody waits for (\w+)$`), func(c *conversation, w []string) { c.sessions[w[1]].block(c) }},
	{regexp.MustCompile(`(?s)^the file ([\w./]+): (.*)$`), func(c *conversation, w []string) { c.world.shop.write(c.t, w[1], w[2]) }},
	{regexp.MustCompile(`^the file ([\w./]+) is gone$`), func(c *conversation, w []string) { c.fileIsGone(w[1]) }},
	{regexp.MustCompile(`^the shop runs: (.*)$`), func(c *conversation, w []string) { c.shopRuns(w[1]) }},
	{regexp.MustCompile(`^the shop says (.*?) to: (.*)$`), func(c *conversation, w []string) { c.shopSays(w[1], w[2]) }},
	{regexp.MustCompile(`^(\d+ \w+) pass for "(.*)"$`), func(c *conversation, w []string) { c.timePasses(w[2], w[1]) }},
	{regexp.MustCompile(`^the clock stands still$`), func(c *conversation, _ []string) { c.stopClock() }},
	{regexp.MustCompile(`^a minute begins$`), func(c *conversation, _ []string) { c.minuteBegins() }},
	{regexp.MustCompile(`^(\w+) is (gone|there)$`), func(c *conversation, w []string) { c.sessions[w[1]].is(c, w[2]) }},
}

func (c *conversation) play(text string) {
	c.t.Helper()
	for _, v := range verbs {
		if words := v.shape.FindStringSubmatch(text); words != nil {
			v.do(c, words)
			return
		}
	}
	c.t.Fatalf("%s\nno such line: see TestConversations", c.line)
}

// person begins to listen when first mentioned.
func (c *conversation) person(name string) *listener {
	c.t.Helper()
	if c.people[name] == nil {
		c.people[name] = c.world.listen(c.t, userID(name))
	}
	return c.people[name]
}

func userID(name string) string { return "U0" + strings.ToUpper(name) }

func (c *conversation) startThread() string {
	c.t.Helper()
	var answer struct{ TS string }
	c.world.page(c.t, "say", map[string]any{"as": userID("ana"), "channel": c.channel, "text": "How is it going here?"}, &answer)
	return answer.TS
}

func (c *conversation) says(name, text string) {
	c.t.Helper()
	c.person(name)
	text = strings.ReplaceAll(text, "@dbbot", "<@U0DBBOT>")
	c.world.page(c.t, "say", map[string]any{
		"as": userID(name), "channel": c.channel, "thread_ts": c.thread, "text": text,
	}, nil)
}

func (c *conversation) clicks(name, button string, home bool) {
	c.t.Helper()
	press := c.person(name).button(button)
	if home {
		press = c.person(name).homeButton(button)
	}
	if press == nil {
		c.t.Fatalf("%s\n%s sees no such button", c.line, name)
	}
	press["as"], press["state"] = userID(name), map[string]any{}
	c.world.page(c.t, "action", press, nil)
}

func (c *conversation) opensHome(name string) {
	c.t.Helper()
	c.person(name)
	c.world.page(c.t, "home", map[string]any{"as": userID(name)}, nil)
}

// writes fills in the one field of the form that is open, and sends it. What the form answers below the field is heard
// as its text.
func (c *conversation) writes(name, text string) {
	c.t.Helper()
	c.person(name).submit(c.t, c.line, text)
}

// reads checks what somebody reads: the next thing, what it has become, or what it says in the end.
func (c *conversation) reads(name string, where lane, how, want string) {
	c.t.Helper()
	if where == everyone || where == inThread {
		where = where.of(c.channel)
	}
	if how == ", finally" {
		c.person(name).finally(c.t, where, c.line, want)
		return
	}
	heard := c.person(name).next(c.t, where, c.line)
	if changed := heard.event == "changed"; changed != (how == ", again") {
		c.t.Errorf("%s\ngot a %q event", c.line, heard.event)
	}
	if got := heard.said(); !matches(got, want) {
		c.t.Errorf("%s\n--- said ---\n%s\n--- wanted ---\n%s", c.line, got, want)
	}
}

// everyoneReads checks it with all who listen and are in the channel.
func (c *conversation) everyoneReads(where, how, want string) {
	c.t.Helper()
	for name := range c.people {
		if c.world.inChannel(c.t, userID(name), c.channel) {
			c.reads(name, cmp.Or(lane(strings.TrimSpace(where)), everyone), how, want)
		}
	}
}

func (c *conversation) hearsNothing(name string) {
	c.t.Helper()
	if heard, any := c.person(name).pending(c.t); any {
		c.t.Errorf("%s\n%s heard: %s", c.line, name, heard.said())
	}
}

func (c *conversation) nothingLeft() {
	c.t.Helper()
	c.line = "at the end"
	for name := range c.people {
		c.hearsNothing(name)
	}
}

// matches compares with a text in which "…" stands for anything. Indentation and empty lines do not count.
func matches(got, want string) bool {
	got = flat(got)
	pieces := strings.Split(flat(want), "…")
	for i := range pieces {
		pieces[i] = regexp.QuoteMeta(strings.Trim(pieces[i], " \n"))
	}
	return regexp.MustCompile(`(?s)^\s*` + strings.Join(pieces, `.*`) + `\s*$`).MatchString(got)
}

func flat(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

func readable(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

type step struct {
	line int
	text string
}

func readSteps(t *testing.T, file string) (steps []step) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		switch {
		case strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#"):
		case strings.HasPrefix(text, "    ") && len(steps) > 0:
			steps[len(steps)-1].text += "\n" + strings.TrimSpace(text)
		default:
			steps = append(steps, step{n, text})
		}
	}
	return steps
}

func TestMatchesKnowsItsWildcard(t *testing.T) {
	for _, tt := range []struct {
		got, want string
		ok        bool
	}{
		{"a b c", "a b c", true},
		{"a b c", "a … c", true},
		{"a b c", "a", false},
		{"a b c", "a …", true},
		{"a\nb\nc", "a…c", true},
		{"a\n\n  b", "a\nb", true},
		{"a (b)", "a (b", false},
		{"", "…", true},
	} {
		if matches(tt.got, tt.want) != tt.ok {
			t.Errorf("%q against %q: want %v", tt.got, tt.want, tt.ok)
		}
	}
}
