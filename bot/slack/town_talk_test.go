package slack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/bot/workspace"
	"dbbot/ops"
)

func TestACommandIsAnsweredToItsAskerAlone(t *testing.T) {
	w := newTown(t, nil)
	i := w.asked("U0ANA", "C0ORDERS", "/db status orders")
	if i.Who != ana || i.Text != "status orders" || i.Origin.Channel != "C0ORDERS" || i.Origin.Direct {
		t.Errorf("the command is %+v", i)
	}
	if err := w.client.Answer(t.Context(), i.Who, i.Origin, withButton); err != nil {
		t.Fatal(err)
	}
	if m := w.reads("U0ANA", "C0ORDERS", ""); !m.Ephemeral || !strings.Contains(m.Text, "All is well.") {
		t.Errorf("Ana reads %+v", m)
	}
	if n := len(w.Messages("C0ORDERS", "U0BEN")); n != 0 {
		t.Errorf("Ben sees %d messages", n)
	}
}

func TestAClickReplacesAndShares(t *testing.T) {
	w := newTown(t, nil)
	i := w.asked("U0ANA", "C0ORDERS", "/db status orders")
	if err := w.client.Answer(t.Context(), i.Who, i.Origin, withButton); err != nil {
		t.Fatal(err)
	}
	shown := w.reads("U0ANA", "C0ORDERS", "")
	if a, err := w.Click(t.Context(), "U0ANA", "C0ORDERS", shown.TS, "refresh"); err != nil || a.Outcome != workspace.Acked {
		t.Fatal(a.Outcome, err)
	}
	c := receive(t, w.desk.clicks, "the click")
	if c.Who != ana || c.Button != "refresh" || c.Token != "token-1" || !c.Origin.Ephemeral || c.Origin.Channel != "C0ORDERS" || c.Origin.Message == "" {
		t.Errorf("the click is %+v", c)
	}
	newer := withButton
	newer.View.Title = "Status of orders, again"
	if err := w.client.Replace(t.Context(), c.Who, c.Origin, newer); err != nil {
		t.Fatal(err)
	}
	if m := w.reads("U0ANA", "C0ORDERS", ""); len(w.Messages("C0ORDERS", "U0ANA")) != 1 || !strings.Contains(m.Text, "again") || !m.Ephemeral {
		t.Errorf("Ana reads %+v", m)
	}
	newer.View.Buttons = nil
	if err := w.client.Share(t.Context(), c.Origin, newer); err != nil {
		t.Fatal(err)
	}
	if m := w.reads("U0BEN", "C0ORDERS", ""); m.Ephemeral || !strings.Contains(m.Text, "again") {
		t.Errorf("Ben reads %+v", m)
	}
}

func TestAMentionInAThreadIsAnsweredThere(t *testing.T) {
	w := newTown(t, nil)
	root, err := w.Say("U0BEN", "C0ORDERS", "", "orders is slow")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Say("U0ANA", "C0ORDERS", root, "<@U0DBBOT> status orders"); err != nil {
		t.Fatal(err)
	}
	i := receive(t, w.desk.invokes, "the mention")
	if i.Who != ana || i.Text != "status orders" || i.Origin.Thread != root || i.Origin.Respond != "" {
		t.Errorf("the mention is %+v", i)
	}
	if err := w.client.Answer(t.Context(), i.Who, i.Origin, withButton); err != nil {
		t.Fatal(err)
	}
	if m := w.reads("U0ANA", "C0ORDERS", root); !m.Ephemeral || !strings.Contains(m.Text, "All is well.") {
		t.Errorf("Ana reads %+v", m)
	}
	if err := w.client.Share(t.Context(), i.Origin, hello); err != nil {
		t.Fatal(err)
	}
	if m := w.reads("U0BEN", "C0ORDERS", root); m.Ephemeral || m.ThreadTS != root {
		t.Errorf("Ben reads %+v", m)
	}
}

// A slash command works where the bot is not; once its response URL has run out, the answer goes to the person.
func TestAnAnswerFindsItsReaderWithoutTheResponseURL(t *testing.T) {
	w := newTown(t, func(slack *workspace.Config, _ *Config, _ *bounds) {
		slack.Channels = append(slack.Channels, workspace.Channel{ID: "C0ELSE", Name: "else", Members: []string{"U0ANA"}})
	})
	inside, outside := w.asked("U0ANA", "C0ORDERS", "/db status"), w.asked("U0ANA", "C0ELSE", "/db status")
	w.Jump(31 * time.Minute)
	for _, i := range []bot.Invoke{inside, outside} {
		if err := w.client.Answer(t.Context(), i.Who, i.Origin, hello); err != nil {
			t.Fatal(err)
		}
	}
	if m := w.reads("U0ANA", "C0ORDERS", ""); !m.Ephemeral || !strings.Contains(m.Text, "All is well.") {
		t.Errorf("in the channel Ana reads %+v", m)
	}
	if m := w.reads("U0ANA", "D0ANA", ""); !strings.Contains(m.Text, "All is well.") || !strings.Contains(m.Text, "/invite @dbbot") {
		t.Errorf("from the bot Ana reads %+v", m)
	}
}

func TestTheHomeTab(t *testing.T) {
	w := newTown(t, nil)
	if _, err := w.OpenHome("U0ANA", ""); err != nil {
		t.Fatal(err)
	}
	h := receive(t, w.desk.homes, "the home tab")
	if h.Who != ana {
		t.Errorf("opened by %+v", h)
	}
	if err := w.client.ShowHome(t.Context(), h.Who, hello); err != nil {
		t.Fatal(err)
	}
	if view := string(w.Home("U0ANA", "")); !strings.Contains(view, "All is well.") {
		t.Errorf("the home tab is %s", view)
	}
}

func TestPeopleOfEveryKind(t *testing.T) {
	w := newTown(t, nil)
	for user, want := range map[string]ops.Standing{
		"U0ANA": ops.Member, "U0LEE": ops.Member, "U0GUS": ops.Guest, "U0SIA": ops.SingleGuest, "U0DAN": ops.Deleted,
		"U0EVE": ops.External, "U0DBBOT": ops.Bot, "USLACKBOT": ops.Bot, "U0NOBODY": ops.Unknown,
	} {
		p, err := w.client.Person(t.Context(), ops.PersonID{Team: "T0DEMO", User: user})
		if err != nil || p.Standing != want {
			t.Errorf("%s is %q, %v; want %q", user, p.Standing, err, want)
		}
	}
	if users, err := w.client.Roster(t.Context(), "S0LEADS"); err != nil || !slices.Equal(users, []string{"U0LEE", "U0MIA"}) {
		t.Errorf("the leads are %v, %v", users, err)
	}
	if _, err := w.client.Roster(t.Context(), "S0NOBODY"); err == nil {
		t.Error("a user group that does not exist has members")
	}
}

// In a shared channel people of the other organisation can press the buttons. Their team comes with the click.
func TestAnOutsidersClickIsAnOutsiders(t *testing.T) {
	w := newTown(t, nil)
	if err := w.client.Share(t.Context(), bot.Origin{Channel: "C0PARTNER"}, withButton); err != nil {
		t.Fatal(err)
	}
	shown := w.reads("U0EVE", "C0PARTNER", "")
	if _, err := w.Click(t.Context(), "U0EVE", "C0PARTNER", shown.TS, "refresh"); err != nil {
		t.Fatal(err)
	}
	c := receive(t, w.desk.clicks, "the click")
	if c.Who != (ops.PersonID{Team: "T0OTHER", User: "U0EVE"}) {
		t.Errorf("clicked by %+v", c.Who)
	}
	if p, err := w.client.Person(t.Context(), c.Who); err != nil || p.Standing != ops.External {
		t.Errorf("Eve is %+v, %v", p, err)
	}
}

func TestAPostIsDoneOnce(t *testing.T) {
	w := newTown(t, nil)
	w.FailCalls(workspace.CallFault{Method: "chat.postMessage", DropAfter: true})
	err := w.client.Share(t.Context(), bot.Origin{Channel: "C0ORDERS"}, hello)
	if e := asError(t, err); !strings.Contains(e.Message, "did not say whether") {
		t.Errorf("says %q", e.Message)
	}
	if n := len(w.Messages("C0ORDERS", "U0BEN")); n != 1 {
		t.Errorf("Ben sees %d messages, want 1", n)
	}
	w.FailCalls(workspace.CallFault{Method: "chat.postMessage", Status: http.StatusTooManyRequests, RetryAfter: "1"})
	if err := w.client.Share(t.Context(), bot.Origin{Channel: "C0ORDERS"}, hello); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Messages("C0ORDERS", "U0BEN")); n != 2 {
		t.Errorf("after a 429 Ben sees %d messages, want 2", n)
	}
}

// One message a second and channel is what Slack takes; the pauses it asks for are kept, and nothing is lost.
func TestMoreThanOneMessageASecond(t *testing.T) {
	w := newTown(t, nil)
	for range 5 { // three at once are allowed
		if err := w.client.Share(t.Context(), bot.Origin{Channel: "C0ORDERS"}, hello); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.Messages("C0ORDERS", "U0BEN")); n != 5 {
		t.Errorf("Ben sees %d messages, want 5", n)
	}
}
