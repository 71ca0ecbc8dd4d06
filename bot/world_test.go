package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/policy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const team = "T0DEMO"

var (
	orders    = ops.Target{Database: "orders", Environment: "production"}
	reporting = ops.Target{Database: "reporting", Environment: "staging"}
)

// world is a bot with everything around it in memory. What happens is written down as a conversation.
type world struct {
	*Bot
	chat      *chat
	directory *directory
	desk      *desk
	log       *bytes.Buffer
	registry  *prometheus.Registry
	answer    func(ctx context.Context, asker commands.Asker, targets []ops.Target) (commands.View, error)
	asked     int // how often a command was called
	acts      int
}

func newWorld(t testing.TB, change ...func(*Options)) *world {
	t.Helper()
	w := &world{
		chat: &chat{}, desk: &desk{seen: map[string]bool{}, kept: map[string][]byte{}},
		log: &bytes.Buffer{}, registry: prometheus.NewRegistry(), directory: cornerShop(),
	}
	w.answer = func(_ context.Context, _ commands.Asker, targets []ops.Target) (commands.View, error) {
		w.asked++
		return commands.View{
			Title: fmt.Sprint("look ", w.asked), Lead: commands.Say(names(targets)),
			Buttons: []commands.Button{{Name: commands.Refresh}, {Name: commands.Share}},
		}, nil
	}
	o := Options{
		Catalogue: w, Policy: cornerPolicy, Team: func() string { return team }, Chat: w.chat, Directory: w.directory, Coordinator: w.desk,
		Log: slog.New(slog.NewTextHandler(w.log, nil)), Registry: w.registry,
	}
	for _, c := range change {
		c(&o)
	}
	w.Bot = New(o)
	return w
}

// cornerPolicy lets engineers read production, and everybody the rest.
var cornerPolicy = policy.Policy{
	Groups: map[string]policy.Group{"engineers": {Usergroups: []string{"S0ENGINEER"}}, "leads": {Users: []string{"U0LEE"}}},
	Entries: []policy.Entry{
		{Environments: []string{"production"}, Rules: map[ops.Risk]policy.Rule{
			ops.Read:   {Allow: []string{"engineers"}},
			ops.Change: {Allow: []string{"engineers"}, Approve: &policy.Consent{By: []string{"leads"}, Count: 1}},
		}},
		{Environments: []string{policy.AnyEnvironment}, Rules: map[ops.Risk]policy.Rule{ops.Read: {Allow: []string{policy.Everyone}}}},
	},
}

// Find knows "status", "status <database>", "up" (a change) and "whoami", which is about no database.
func (w *world) Find(words string) (commands.Call, error) {
	call := commands.Call{About: commands.About{Path: "status", Risk: ops.Read}, Answer: func(ctx context.Context, a commands.Asker, t []ops.Target) (commands.View, error) {
		return w.answer(ctx, a, t)
	}}
	switch words {
	case "status":
		call.Targets = []ops.Target{orders, reporting}
	case "status orders":
		call.Targets = []ops.Target{orders}
	case "status reporting":
		call.Targets = []ops.Target{reporting}
	case "whoami":
		call.Path = "whoami"
	case "up":
		return commands.Call{About: commands.About{Path: "up", Risk: ops.Change}, Targets: []ops.Target{orders}}, nil
	default:
		return call, &ops.Error{Message: "There is no command like that.", Hint: "/db help"}
	}
	return call, nil
}

// says lets a person type something, and gives what came of it.
func (w *world) says(user, words string) string {
	w.acts++
	w.Invoke(context.Background(), Invoke{Key: fmt.Sprint("type ", w.acts), Who: id(user), Text: words, Origin: Origin{Team: team, Channel: "C0ORDERS"}, At: time.Now()})
	return w.chat.since()
}

// clicks lets a person press a button of the message that came last.
func (w *world) clicks(user, button string) string {
	return w.presses(user, button, w.chat.token)
}

func (w *world) presses(user, button, token string) string {
	w.acts++
	w.Click(context.Background(), Click{Key: fmt.Sprint("click ", w.acts), Who: id(user), Button: button, Token: token, Origin: Origin{Team: team, Channel: "C0ORDERS", Message: "1.1"}, At: time.Now()})
	return w.chat.since()
}

func id(user string) ops.PersonID {
	if user == "U0EVE" {
		return ops.PersonID{Team: "T0OTHER", User: user}
	}
	return ops.PersonID{Team: team, User: user}
}

func names(targets []ops.Target) string {
	var all []string
	for _, t := range targets {
		all = append(all, t.Database)
	}
	return strings.Join(all, " and ")
}

// chat writes down what is said, and to whom.
type chat struct {
	mu    sync.Mutex
	lines []string
	token string // of the last post with buttons
	last  Post
	fail  int // how many calls fail before one succeeds
	panic bool
}

func (c *chat) said(ctx context.Context, where string, p Post) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.panic {
		panic("the chat is broken")
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.fail > 0 {
		c.fail--
		return errors.New("slack: invalid_blocks xoxb-1234-secret")
	}
	c.last = p
	line := where + ": " + strings.ReplaceAll(strings.ReplaceAll(p.View.Text(), "\n\n", " / "), "\n", " / ")
	if p.By != "" {
		line += " (by " + p.By + ")"
	}
	for _, b := range p.View.Buttons {
		line += " [" + b.Name + "]"
		c.token = p.Token
	}
	c.lines = append(c.lines, line)
	return nil
}

func (c *chat) since() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.lines = nil }()
	return strings.Join(c.lines, "\n")
}

func (c *chat) Answer(ctx context.Context, who ops.PersonID, to Origin, p Post) error {
	if to.Thread != "" {
		return c.said(ctx, "only "+who.User+" in thread "+to.Thread, p)
	}
	return c.said(ctx, "only "+who.User, p)
}

func (c *chat) Replace(ctx context.Context, _ ops.PersonID, at Origin, p Post) error {
	return c.said(ctx, "message "+at.Message, p)
}

func (c *chat) Share(ctx context.Context, to Origin, p Post) error { return c.said(ctx, to.Channel, p) }

func (c *chat) ShowHome(ctx context.Context, who ops.PersonID, p Post) error {
	return c.said(ctx, "home of "+who.User, p)
}

// directory is the corner shop's, and can fail, hang or be counted.
type directory struct {
	mu      sync.Mutex
	persons map[string]ops.Standing
	rosters map[string][]string
	err     error
	panic   bool
	hang    bool
	lookups int
	shared  map[string]bool // channels that another organisation reads
	closed  bool            // Slack does not say who reads a channel
}

func cornerShop() *directory {
	return &directory{
		persons: map[string]ops.Standing{
			"U0ANA": ops.Member, "U0BEN": ops.Member, "U0LEE": ops.Member, "U0GUS": ops.Guest,
			"U0SIA": ops.SingleGuest, "U0DAN": ops.Deleted, "U0EVE": ops.External, "U0BOT": ops.Bot,
		},
		rosters: map[string][]string{"S0ENGINEER": {"U0ANA", "U0BEN"}},
	}
}

func (d *directory) look(ctx context.Context) error {
	d.mu.Lock()
	d.lookups++
	err, hang, broken := d.err, d.hang, d.panic
	d.mu.Unlock()
	if broken {
		panic("the directory is broken")
	}
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (d *directory) Person(ctx context.Context, who ops.PersonID) (ops.Person, error) {
	err := d.look(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	standing, found := d.persons[who.User]
	if !found {
		err = errors.New("users.info: user_not_found")
	}
	return ops.Person{ID: who, Name: who.User, Standing: standing}, err
}

func (d *directory) Roster(ctx context.Context, usergroup string) ([]string, error) {
	err := d.look(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rosters[usergroup], err
}

func (d *directory) Outsiders(ctx context.Context, channel string) (bool, error) {
	err := d.look(ctx)
	if err != nil || d.closed {
		err = &ops.Error{Message: "Slack did not say who reads this channel.", Cause: err}
	}
	return d.shared[channel], err
}

// desk is a coordinator.
type desk struct {
	mu   sync.Mutex
	seen map[string]bool
	kept map[string][]byte
	wait time.Duration
}

func (d *desk) First(_ context.Context, key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.seen[key] = true }()
	return !d.seen[key]
}

func (d *desk) Allow(context.Context, ops.PersonID) time.Duration { return d.wait }

func (d *desk) Keep(ctx context.Context, token string, value []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ctx.Err() == nil { // as with Redis
		d.kept[token] = value
	}
}

func (d *desk) Recall(_ context.Context, token string) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	value, found := d.kept[token]
	return value, found
}
