// Package slack is the only one that opens a connection to Slack: Socket Mode with overlapping sockets, the acks,
// the Web API and the response URLs. It turns envelopes into acts (bot.Act) and hands them to a Handler, and it is the
// bot's Chat, Room and Directory. It may import bot, bot/blockkit, commands (for the few sentences of
// its own) and ops; slack-go gives the Web API and the types of the payloads, the socket loop is ours, because
// slack-go's drops what Slack sends on a socket that is being recycled.
package slack

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
	"dbbot/ops"
)

// Config is what a connection to one workspace needs. Zero values of the numbers mean the defaults below.
type Config struct {
	API      string     // base of the Web API, ends in /api/; empty: Slack's own
	BotToken ops.Secret // xoxb-…
	AppToken ops.Secret // xapp-…, with connections:write
	Team     string     // the workspace; whatever comes from another is refused. Empty: that of the bot token
	Sockets  int        // overlapping connections
	Workers  int        // commands and clicks handled at the same time
	Queue    int        // how many more may wait; who comes after them is told that the bot is busy
	Log      *slog.Logger
	Registry prometheus.Registerer // nil: the figures are kept, but shown nowhere
}

const (
	defaultSockets = 2  // one goes on while the other is recycled
	defaultWorkers = 64 // as many as bot answers at once: handlers wait for databases and Slack, they do not compute
	defaultQueue   = 16 // beyond them all is hanging, and who waits long misses the promised three seconds
	maxSockets     = 5  // Slack allows ten, and each needs room for its successor
)

// Handler does the work. Invoke, Click and Home are called on a worker, after the ack; the context ends when the program
// stops, or after a minute.
type Handler interface {
	Invoke(context.Context, bot.Invoke)
	Click(context.Context, bot.Click)
	Home(context.Context, bot.Home)
	// First says whether an act must be certain before its ack; a form always is. It is called by the reader of a socket,
	// and must read nothing.
	First(bot.Act) bool
	// Take makes an act certain before its ack. It heeds its context, which ends early enough for the ack to be in time;
	// what it says is left to do is done after the ack, with a context like that of the others.
	Take(context.Context, bot.Act) bot.Taken
}

// Client talks to one workspace as one app. It is safe for concurrent use; Run may be called once at a time.
type Client struct {
	config  Config
	bounds  bounds
	log     *slog.Logger
	metrics *metrics
	http    *caller         // every HTTP request goes through it
	web     *slackgo.Client // the Web API, over http
	pace    *pace
	places  chan struct{} // one for each socket, also while it is being opened: Slack counts those too
	status  status
}

// New checks the configuration and does no I/O. Its errors are *ops.Error with the fix.
func New(config Config) (*Client, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, bounds: defaultBounds, log: config.Log}
	c.metrics = newMetrics(config.Registry, &c.status)
	c.http = newCaller()
	c.pace = &pace{most: c.bounds.attempts, window: c.bounds.window}
	c.places = make(chan struct{}, slackSockets)
	c.web = slackgo.New(config.BotToken.Reveal(),
		slackgo.OptionAppLevelToken(config.AppToken.Reveal()),
		slackgo.OptionAPIURL(config.API),
		slackgo.OptionHTTPClient(c.http),
		slackgo.OptionOnResponseHeaders(c.status.granted))
	c.status.wanted = config.Sockets
	return c, nil
}

func (c Config) complete() (Config, error) {
	if c.API == "" {
		c.API = slackgo.APIURL
	}
	if !strings.HasSuffix(c.API, "/api/") {
		return c, &ops.Error{
			Message: "The Web API's address does not end in /api/.",
			Hint:    "Set SLACK_API_URL to something like https://slack.com/api/, or leave it out.",
		}
	}
	if err := checkToken(c.BotToken, "xoxb-", "SLACK_BOT_TOKEN", "bot token"); err != nil {
		return c, err
	}
	if err := checkToken(c.AppToken, "xapp-", "SLACK_APP_TOKEN", "app-level token"); err != nil {
		return c, err
	}
	c.Sockets, c.Workers, c.Queue = orDefault(c.Sockets, defaultSockets), orDefault(c.Workers, defaultWorkers), orDefault(c.Queue, defaultQueue)
	if c.Sockets < 1 || c.Sockets > maxSockets {
		return c, &ops.Error{
			Message: "The number of sockets is not between 1 and 5.",
			Hint:    "Set slack.sockets to 2: Slack allows ten in all, and each needs room for its successor.",
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func orDefault(n, standard int) int {
	if n == 0 {
		return standard
	}
	return n
}

// checkToken tells the kinds of token apart by their beginning, which Slack documents; it never shows the token.
func checkToken(token ops.Secret, prefix, name, kind string) error {
	switch value := token.Reveal(); {
	case value == "":
		return &ops.Error{Message: name + " is empty.", Hint: "Set it to the app's " + kind + ", which begins with " + prefix + "."}
	case !strings.HasPrefix(value, prefix):
		return &ops.Error{
			Message: name + " is not a " + kind + ".",
			Hint:    "The " + kind + " begins with " + prefix + "; perhaps the two tokens were exchanged.",
		}
	case strings.ContainsAny(value, " \t\r\n"):
		return &ops.Error{Message: name + " has a blank or a line break in it.", Hint: "Copy the " + kind + " again, without anything round it."}
	}
	return nil
}

// bounds are the limits on waiting, in one place so that tests can shorten them.
type bounds struct {
	attempts int           // to open a connection, in one window, for the whole client
	window   time.Duration // see attempts
	open     time.Duration // for apps.connections.open, and as long again for the handshake and for the hello
	silence  time.Duration // without a frame or a ping: the socket is dead
	steady   time.Duration // a socket that lived as long was a good one: no pause before the next
	recycle  time.Duration // longest pause before the successor of a socket that was warned
	pause    time.Duration // longest pause after any other failure
	farewell time.Duration // a warned socket that Slack does not close is closed by us
	ack      time.Duration // for writing one ack
	take     time.Duration // from the receipt until what must be certain before its ack is so, or is not
	unsure   time.Duration // from the receipt until such an ack goes out in any case
	drain    time.Duration // for the work at hand when the program stops
	handle   time.Duration // for one command or click
}

// slackSockets is the most that Slack keeps open for one app.
const slackSockets = 10

var defaultBounds = bounds{
	attempts: 8, window: 10 * time.Second, // ten are promised (design section 10); two in hand, as clocks and networks jitter
	open:     5 * time.Second,         // Slack answers in well under a second; a hung call must not cost more
	silence:  75 * time.Second,        // Slack pings several times a minute; others use 75 s (reference slack 3.1)
	steady:   time.Minute,             // Slack recycles after hours; less than a minute is flapping
	recycle:  5 * time.Second,         // Slack closes about ten seconds after the warning: the successor is there by then
	pause:    10 * time.Second,        // ready within thirty seconds of Slack's being back
	farewell: 30 * time.Second,        // three times what Slack takes
	ack:      2500 * time.Millisecond, // Slack gives up after three seconds
	take:     2300 * time.Millisecond, // of those three; the rest is for the ack, and for the way to Slack and back
	unsure:   2600 * time.Millisecond, // for a handler that does not heed its context
	drain:    10 * time.Second,        // an orchestrator kills after thirty; a Question takes three
	handle:   time.Minute,             // far beyond any Question: the last line, not the rule
}
