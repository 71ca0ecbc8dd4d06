package slack

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"dbbot/bot"
	"dbbot/bot/workspace"
	"dbbot/commands"
	"dbbot/ops"
)

var why = bot.Form{
	Name: "reject", State: `{"token":"token-1"}`, Title: "Reject request #1", Send: "Reject",
	Lead: "terminate 42 orders\nasked by Ana", Label: "Why?", Hint: "Everybody reads it.", Long: true, Length: 500,
}

// decides makes clicks and forms certain before their ack.
func (w *town) decides(take func(context.Context, bot.Act) bot.Taken) {
	w.desk.first = func(a bot.Act) bool { return a.Invoke == nil }
	w.desk.take = take
}

// presses lets Lee press a button of a message, which must be acked.
func (w *town) presses(at bot.Posted, action string) {
	w.Helper()
	if a, err := w.Click(w.Context(), "U0LEE", at.Channel, at.Stamp, action); err != nil || a.Outcome != workspace.Acked {
		w.Fatal(a.Outcome, err)
	}
}

// form is the modal that Lee has open.
func (w *town) form() (id, drawn string) {
	w.Helper()
	until(w, "a form is open", func() bool { return len(w.Views("U0LEE")) == 1 })
	var view struct{ ID string }
	if err := json.Unmarshal(w.Views("U0LEE")[0], &view); err != nil {
		w.Fatal(err)
	}
	return view.ID, string(w.Views("U0LEE")[0])
}

// sends lets Lee send the open form, and gives what its ack said.
func (w *town) sends(text string) string {
	w.Helper()
	id, _ := w.form()
	state, err := json.Marshal(map[string]any{"values": map[string]any{formField: map[string]any{formField: map[string]any{"type": "plain_text_input", "value": text}}}})
	if err != nil {
		w.Fatal(err)
	}
	a, err := w.Submit(w.Context(), "U0LEE", id, state)
	if err != nil || a.Outcome != workspace.Acked {
		w.Fatal(a.Outcome, err)
	}
	return string(a.Response)
}

func TestAFormFromTheButtonToTheEnd(t *testing.T) {
	w := newTown(t, nil)
	w.decides(func(_ context.Context, a bot.Act) bot.Taken {
		switch {
		case a.Click != nil:
			return bot.Taken{Then: func(ctx context.Context) {
				if err := w.client.Open(ctx, a.Click.Origin.Trigger, why); err != nil {
					t.Error(err)
				}
			}}
		case strings.TrimSpace(a.Submit.Text) == "":
			return bot.Taken{Fault: "Say why, in a word or two."}
		}
		return bot.Taken{}
	})
	w.presses(w.posts(orders, "1:card"), "reject")
	click := receive(t, w.desk.taken, "the click").Click
	if click.Button != "reject" || click.Token != "token-1" || click.Who.User != "U0LEE" {
		t.Errorf("the click is %+v", click)
	}
	_, drawn := w.form()
	for _, words := range []string{"Reject request #1", "asked by Ana", "Why?", "Everybody reads it.", "Go back"} {
		if !strings.Contains(drawn, words) {
			t.Errorf("the form does not say %q: %s", words, drawn)
		}
	}
	if said := w.sends(" "); !strings.Contains(said, `"errors":{"answer":"Say why, in a word or two."}`) {
		t.Errorf("the ack says %s", said)
	}
	first := receive(t, w.desk.taken, "the first try").Submit
	if said := w.sends("the nightly load runs"); said != "" && said != "null" {
		t.Errorf("the ack says %s", said)
	}
	second := receive(t, w.desk.taken, "the second try").Submit
	if second.Form != "reject" || second.State != why.State || second.Text != "the nightly load runs" || second.Who.User != "U0LEE" || second.Key == first.Key {
		t.Errorf("the forms are %+v and %+v", first, second)
	}
	if n := len(w.Views("U0LEE")); n != 0 {
		t.Errorf("%d forms are still open", n)
	}
}

func TestATriggerOpensOneForm(t *testing.T) {
	w := newTown(t, nil)
	w.decides(func(context.Context, bot.Act) bot.Taken { return bot.Taken{} })
	at := w.posts(orders, "1:card")
	press := func() ops.Secret {
		w.presses(at, "reject")
		return receive(t, w.desk.taken, "the click").Click.Origin.Trigger
	}
	trigger := press()
	if err := w.client.Open(t.Context(), trigger, why); err != nil {
		t.Fatal(err)
	}
	if e := asError(t, w.client.Open(t.Context(), trigger, why)); !strings.Contains(e.Hint, "again") {
		t.Errorf("the second time: %q %q", e.Message, e.Hint)
	}
	trigger = press()
	w.ExpireTriggers()
	if e := asError(t, w.client.Open(t.Context(), trigger, why)); !strings.Contains(e.Hint, "again") {
		t.Errorf("after three seconds: %q %q", e.Message, e.Hint)
	}
	w.FailCalls(workspace.CallFault{Method: "views.open", DropBefore: true})
	if err := w.client.Open(t.Context(), press(), why); !errors.Is(err, bot.ErrUnsure) {
		t.Errorf("broken off: %v", err)
	}
}

// Buttons work in a home tab as on a card, and each carries the token of what it stands beside.
func TestButtonsOfAHomeTab(t *testing.T) {
	w := newTown(t, nil)
	w.decides(func(context.Context, bot.Act) bot.Taken { return bot.Taken{} })
	waiting := func(title, token string) commands.Part {
		return commands.Part{Section: &commands.Section{Title: title, Buttons: []commands.Button{{Name: "Approve", Token: token}, {Name: "Reject", Token: token}}}}
	}
	home := bot.Post{View: commands.View{Title: "What waits for you", Parts: []commands.Part{waiting("#1", "token-1"), waiting("#2", "token-2")}}}
	if err := w.client.ShowHome(t.Context(), ops.PersonID{Team: "T0DEMO", User: "U0LEE"}, home); err != nil {
		t.Fatal(err)
	}
	var view struct{ ID string }
	if err := json.Unmarshal(w.Home("U0LEE", ""), &view); err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string]bot.Click{
		"approve":   {Button: "approve", Token: "token-1"},
		"reject:2":  {Button: "reject", Token: "token-2"},
		"approve:2": {Button: "approve", Token: "token-2"},
	} {
		if a, err := w.ActInView(t.Context(), "U0LEE", view.ID, map[string]any{"action_id": action}, nil); err != nil || a.Outcome != workspace.Acked {
			t.Fatal(a.Outcome, err)
		}
		c := receive(t, w.desk.taken, "the click").Click
		if c.Button != want.Button || c.Token != want.Token || c.Origin.Channel != "" || c.Origin.Message != "" || c.Origin.Trigger == "" {
			t.Errorf("%s is %+v", action, c)
		}
	}
}

// A click that is delivered again has the same key, also under another envelope; pressed again, it has another one.
func TestARedeliveredClick(t *testing.T) {
	w := newTown(t, nil)
	w.decides(func(context.Context, bot.Act) bot.Taken { return bot.Taken{} })
	at := w.posts(orders, "1:card")
	a, err := w.Click(t.Context(), "U0LEE", at.Channel, at.Stamp, "approve")
	if err != nil {
		t.Fatal(err)
	}
	first := receive(t, w.desk.taken, "the click").Click.Key
	for _, newID := range []bool{false, true} {
		if err := w.Redeliver(a.Envelope, newID); err != nil {
			t.Fatal(err)
		}
		if again := receive(t, w.desk.taken, "the same click").Click.Key; again != first {
			t.Errorf("delivered again it is %s, and was %s", again, first)
		}
	}
	w.presses(at, "approve")
	if other := receive(t, w.desk.taken, "another click").Click.Key; other == first {
		t.Errorf("pressed again it is still %s", other)
	}
}

// A forged click reaches the handler as it is: what its token is worth is looked up there. A refusal is seen by whoever
// pressed, in private.
func TestForgedAndForeignClicks(t *testing.T) {
	w := newTown(t, nil)
	w.decides(func(context.Context, bot.Act) bot.Taken {
		return bot.Taken{Fault: "This button belongs to no request."}
	})
	at := w.posts(orders, "1:card")
	forged := strings.NewReplacer(`"token"`, `"forged"`, `"1.5"`, `"`+at.Stamp+`"`, `"is_ephemeral":true,"thread_ts":"1.1"`, `"is_ephemeral":false`,
		`"https://hooks.slack.com/actions/1/2"`, `""`).Replace(goodClick)
	w.raw("interactive", forged)
	if c := receive(t, w.desk.taken, "the click").Click; c.Token != "forged" || c.Origin.Message != at.Stamp {
		t.Errorf("the click is %+v", c)
	}
	until(t, "Ana is told", func() bool {
		m := w.reads("U0ANA", "C0ORDERS", "")
		return m.Ephemeral && strings.Contains(m.Text, "belongs to no request")
	})
	if m := w.reads("U0BEN", "C0ORDERS", ""); m.Ephemeral {
		t.Errorf("Ben reads %+v", m)
	}
}
