package blockkit_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/policy"
	"dbbot/ops/store"
)

var ana, lee = ops.PersonID{Team: "T0DEMO", User: "U0ANA"}, ops.PersonID{Team: "T0DEMO", User: "U0LEE"}

// one is a state database with one request and its card, and a Slack that keeps what it is given.
type one struct {
	bot.State
	bot.Room
	bot.Chat
	bot.Coordinator
	bot.Directory
	card    store.Message
	request approval.Request
	post    bot.Post
}

func (o *one) Lease(context.Context, int64, time.Duration) (store.Message, approval.Request, bool, error) {
	return o.card, o.request, true, nil
}
func (o *one) Placed(context.Context, store.Message, int64) (bool, error) { return false, nil }
func (o *one) List(_ context.Context, f approval.Filter) ([]approval.Request, error) {
	if f.States[0].Open() == o.request.State.Open() {
		return []approval.Request{o.request}, nil
	}
	return nil, nil
}
func (o *one) Homes(context.Context) ([]store.Home, error)           { return nil, nil }
func (o *one) HomeOpened(context.Context, ops.PersonID) error        { return nil }
func (o *one) HomeShown(context.Context, ops.PersonID, string) error { return nil }
func (o *one) HomeTokens(context.Context, ops.PersonID, []approval.ID) (map[approval.ID]string, error) {
	return map[approval.ID]string{o.request.ID: "h0me"}, nil
}

func (o *one) Post(_ context.Context, _ bot.Address, _ string, post bot.Post) (bot.Posted, error) {
	o.post = post
	return bot.Posted{Channel: "C0ORDERS", Stamp: "1.1"}, nil
}

func (o *one) ShowHome(_ context.Context, _ ops.PersonID, post bot.Post) error {
	o.post = post
	return nil
}
func (o *one) First(context.Context, string) bool                { return true }
func (o *one) Allow(context.Context, ops.PersonID) time.Duration { return 0 }
func (o *one) Outsiders(context.Context, string) (bool, error)   { return false, nil }
func (o *one) Person(_ context.Context, id ops.PersonID) (ops.Person, error) {
	return ops.Person{ID: id, Name: id.User, Standing: ops.Member}, nil
}

func (o *one) Find(string) (commands.Call, error) {
	return commands.Call{
		About: commands.About{Path: "status", Risk: ops.Read}, Targets: []ops.Target{o.request.Target},
		Answer: func(context.Context, commands.Asker, []ops.Target) (commands.View, error) {
			return golden["overview"].View, nil
		},
	}, nil
}

// catalogue keeps the Find of a catalogue apart from that of a Room.
type catalogue struct{ *one }

func (c catalogue) Find(words string) (commands.Call, error) { return c.one.Find(words) }

// room likewise.
type room struct{ *one }

func (r room) Find(context.Context, bot.Address, string, time.Time) (bot.Posted, bool, error) {
	return bot.Posted{}, false, nil
}

func (o *one) bot() *bot.Bot {
	return bot.New(bot.Options{
		Catalogue: catalogue{o}, State: func() (bot.State, error) { return o, nil }, Room: room{o}, Chat: o, Directory: o, Coordinator: o,
		Team: func() string { return "T0DEMO" }, Log: slog.New(slog.DiscardHandler),
		Policy: policy.Policy{
			Groups:  map[string]policy.Group{"leads": {Users: []string{"U0LEE", "U0MIA"}}},
			Entries: []policy.Entry{{Environments: []string{policy.AnyEnvironment}, Rules: map[ops.Risk]policy.Rule{ops.Read: {Allow: []string{policy.Everyone}}}}},
		},
	})
}

// asked is a request as people get to see it, changed as a test says.
func asked(change func(*approval.Request)) *one {
	shown, _ := json.Marshal(commands.View{
		Title: "End session 4242", Lead: commands.Say("shop-web of ana, idle in transaction for 4 min, blocks 3 others."),
		Parts: []commands.Part{{Code: &commands.Code{Title: "Its last statement", Text: "update stock set n = n - $1 -- <!channel>"}}},
	})
	o := &one{
		card: store.Message{ID: 1, Key: "card #42", Request: 42, Kind: store.Card, To: "C0ORDERS", Wanted: 1, Token: "t0ken"},
		request: approval.Request{
			ID: 42, State: approval.Pending, Command: "terminate", Words: "terminate 4242 orders", Risk: ops.Destroy,
			Target: ops.Target{Database: "orders", Environment: "production"}, Requester: ana, Reason: "the checkout hangs <@U0LEE>",
			Origin: approval.Place{Channel: "C0ORDERS"}, Shown: shown, Digest: "a1b2c3d4e5f60718",
			Terms: approval.Terms{By: []string{"leads"}, Count: 2, Within: 15 * time.Minute, BreakGlass: true},
			Asked: read, Expires: read.Add(15 * time.Minute),
		},
	}
	change(&o.request)
	return o
}

// cards in the states in which they look different.
var cards = map[string]func(*approval.Request){
	"pending": func(r *approval.Request) { r.Votes = []approval.Vote{{By: lee, Agree: true, At: read}} },
	"running": func(r *approval.Request) {
		r.State, r.Started = approval.Running, read.Add(time.Minute)
		r.Progress = approval.Progress{Phase: "waiting for it to go", Done: 7, Total: 12}
	},
	"succeeded": func(r *approval.Request) {
		r.State, r.Started, r.Ended = approval.Succeeded, read, read.Add(3*time.Second)
		r.Outcome = []byte(`{"Lead":[{"Text":"Session 4242 is gone."}]}`)
	},
	"elsewhere": func(r *approval.Request) { r.Origin.Channel = "C0GENERAL" },
}

// Every card as Slack gets it: within its limits, and with no mention that came from data.
func TestCards(t *testing.T) {
	for name, change := range cards {
		t.Run(name, func(t *testing.T) {
			o := asked(change)
			if again, err := o.bot().Deliver(t.Context(), 1); again != 0 || err != nil {
				t.Fatal(again, err)
			}
			blocks, text := blockkit.Message(o.post)
			compare(t, "card-"+name+".json", map[string]any{"blocks": blocks, "text": text})
			if faults := check(t, o.post, "U0ANA", "U0LEE", "U0MIA", "C0ORDERS", "C0GENERAL"); len(faults) > 0 {
				t.Errorf("faults: %q", faults)
			}
		})
	}
}

// A home tab that asks for a decision.
func TestHomeWithRequests(t *testing.T) {
	o := asked(func(*approval.Request) {})
	o.bot().Home(t.Context(), bot.Home{Key: "1", Who: lee, At: time.Now()})
	compare(t, "home-requests.json", blockkit.HomeView(o.post))
}
