package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/policy"
)

// works is a world in which things can be changed: a policy with consent, a command of each risk, a state in memory and a
// room in which forms open.
type works struct {
	*world
	state *vault
	room  *room
	plan  func(context.Context) (commands.Planned[json.RawMessage], error)
	run   func(context.Context, json.RawMessage, commands.Progress) (commands.View, error)
	look  func(context.Context, json.RawMessage) (commands.Happened, commands.View, error)
	risk  ops.Risk

	differ string // what a change says of two plans that are not the same
}

func newWorks(t testing.TB, change ...func(*Options)) *works {
	t.Helper()
	w := &works{state: newVault(), room: &room{}, risk: ops.Change}
	options := []func(*Options){func(o *Options) {
		o.Catalogue, o.Policy, o.State, o.Room = w, changePolicy, w.state.state, w.room
		o.Channels = func(database string) string { return "C0" + strings.ToUpper(database) }
	}}
	w.world = newWorld(t, append(options, change...)...)
	w.directory.persons["U0MIA"] = ops.Member
	w.plan = func(context.Context) (commands.Planned[json.RawMessage], error) { return planned("to version 7"), nil }
	w.run = func(_ context.Context, plan json.RawMessage, progress commands.Progress) (commands.View, error) {
		progress("applying", 1, 1)
		return commands.View{Lead: commands.Say("done " + string(plan))}, nil
	}
	w.look = func(context.Context, json.RawMessage) (commands.Happened, commands.View, error) {
		return commands.HappenedUnclear, commands.View{}, nil
	}
	return w
}

func planned(what string) commands.Planned[json.RawMessage] {
	body, _ := json.Marshal(what)
	return commands.Planned[json.RawMessage]{Plan: body, View: commands.View{Lead: commands.Say(what)}, Server: approval.Server{System: "7300000000000000001", Database: "shop"}}
}

// changePolicy: engineers change production when one lead agrees, destroy it when two do; leads may break the glass there.
// In staging everybody changes what they like, and who is a lead acts alone on what destroys.
var changePolicy = policy.Policy{
	Groups: map[string]policy.Group{"engineers": {Usergroups: []string{"S0ENGINEER"}}, "leads": {Users: []string{"U0LEE", "U0MIA"}}},
	Entries: []policy.Entry{
		{Environments: []string{"production"}, Rules: map[ops.Risk]policy.Rule{
			ops.Read:    {Allow: []string{policy.Everyone}},
			ops.Change:  {Allow: []string{"engineers", "leads"}, Approve: &policy.Consent{By: []string{"leads"}, Count: 1, BreakGlass: true}},
			ops.Destroy: {Allow: []string{"engineers", "leads"}, Approve: &policy.Consent{By: []string{"leads"}, Count: 2, BreakGlass: true}},
		}},
		{Environments: []string{policy.AnyEnvironment}, Rules: map[ops.Risk]policy.Rule{
			ops.Read:    {Allow: []string{policy.Everyone}},
			ops.Change:  {Allow: []string{policy.Everyone}},
			ops.Destroy: {Allow: []string{"engineers", "leads"}, Approve: &policy.Consent{By: []string{"leads"}, Count: 1, Alone: true}},
		}},
	},
}

// Find knows what the world knows, and "up <database>" and "drop <database>", with a reason behind two dashes.
func (w *works) Find(words string) (commands.Call, error) {
	asked, reason, _ := strings.Cut(words, " -- ")
	targets := map[string]ops.Target{"orders": orders, "reporting": reporting}
	path, database, _ := strings.Cut(asked, " ")
	risk, changes := map[string]ops.Risk{"up": w.risk, "drop": ops.Destroy}[path]
	target, known := targets[database]
	if !changes || !known {
		return w.world.Find(words)
	}
	return commands.Call{About: commands.About{Path: path, Risk: risk}, Targets: []ops.Target{target}, Change: &commands.Changing{
		Words: asked, Reason: reason,
		Plan:   func(ctx context.Context) (commands.Planned[json.RawMessage], error) { return w.plan(ctx) },
		Differ: func(_, _ json.RawMessage) string { return w.differ },
		Run: func(ctx context.Context, _ approval.Request, plan json.RawMessage, p commands.Progress) (commands.View, error) {
			return w.run(ctx, plan, p)
		},
		Look: func(ctx context.Context, _ approval.Request, plan json.RawMessage) (commands.Happened, commands.View, error) {
			return w.look(ctx, plan)
		},
	}}, nil
}

// asks lets a person type a Change in the channel of orders, and gives what they hear.
func (w *works) asks(user, words string) string {
	return w.asksIn(user, words, Origin{Team: team, Channel: "C0ORDERS"})
}

func (w *works) asksIn(user, words string, origin Origin) string {
	w.acts++
	return w.does(Act{Invoke: &Invoke{Key: fmt.Sprint("type ", w.acts), Who: id(user), Text: words, Origin: origin, At: time.Now()}})
}

// does what the connection to Slack does: an act that must be certain is taken, then acked, then finished.
func (w *works) does(a Act) string {
	if !w.First(a) {
		return "not first"
	}
	taken := w.Take(context.Background(), a)
	if taken.Fault != "" {
		return "fault: " + taken.Fault
	}
	if taken.Then != nil {
		taken.Then(context.Background())
	}
	return w.chat.since()
}

// presses a button on the card of a request, and gives what they hear; a form that opens is left open.
func (w *works) presses(user, button string, request approval.ID) string {
	card := w.state.cards[request]
	return w.pressesAt(user, button, card.Token, Origin{Team: team, Channel: card.Channel, Message: card.Stamp, Trigger: "trigger"})
}

func (w *works) pressesAt(user, button, token string, origin Origin) string {
	w.acts++
	return w.does(Act{Click: &Click{Key: fmt.Sprint("click ", w.acts), Who: id(user), Button: button, Token: token, Origin: origin, At: time.Now()}})
}

// sends the form that was opened last.
func (w *works) sends(user, written string) string {
	w.acts++
	form := w.room.last()
	return w.does(Act{Submit: &Submit{Key: fmt.Sprint("form ", w.acts), Who: id(user), Form: form.Name, State: form.State, Text: written, At: time.Now()}})
}

// is what became of a request, in a line.
func (w *works) is(request approval.ID) string {
	q, err := w.state.Get(context.Background(), request)
	if err != nil {
		return err.Error()
	}
	line := string(q.State)
	if q.By.User != "" {
		line += " by " + q.By.User
	}
	if q.Why != "" {
		line += ": " + q.Why
	}
	return line
}

// refusals are those that the state wrote down, in short.
func (w *works) refusals() string {
	var all []string
	for _, r := range w.state.Refused() {
		all = append(all, r.Tried+" ("+r.Code+")")
	}
	return strings.Join(all, ", ")
}

// facts are what was noted beside the moves, in short.
func (w *works) facts() string {
	var all []string
	for _, f := range w.state.facts {
		all = append(all, strings.Join(strings.Fields(f.Event+" "+f.User+" "+f.Command+" "+f.Database), " ")+": "+f.Detail)
	}
	return strings.Join(all, "\n")
}

// room is what everybody reads, and where forms open.
type room struct {
	mu    sync.Mutex
	said  []string
	keys  map[string]bool
	forms []Form
	fail  error
	panic bool
}

func (r *room) last() Form {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.forms) == 0 {
		return Form{}
	}
	return r.forms[len(r.forms)-1]
}

func (r *room) Post(_ context.Context, to Address, key string, post Post) (Posted, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return Posted{}, r.fail
	}
	if r.keys == nil {
		r.keys = map[string]bool{}
	}
	r.keys[key] = true
	r.said = append(r.said, to.Channel+": "+strings.ReplaceAll(post.View.Text(), "\n\n", " / "))
	return Posted{Channel: to.Channel, Stamp: fmt.Sprintf("%d.9", len(r.said))}, nil
}

func (r *room) Find(_ context.Context, _ Address, key string, _ time.Time) (Posted, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Posted{}, r.keys[key], r.fail
}

func (r *room) Open(_ context.Context, trigger ops.Secret, form Form) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.panic {
		panic("the room is broken")
	}
	if r.fail != nil {
		return r.fail
	}
	r.forms = append(r.forms, form)
	return nil
}

func (r *room) Edit(context.Context, Posted, Post) error                     { return nil }
func (r *room) Attach(context.Context, Posted, string, string, []byte) error { return nil }
