package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/policy"
)

// Ana asks, and cannot agree herself; Lee agrees, and it may run.
func TestAskAndAgree(t *testing.T) {
	w := newWorks(t)
	same(t, "ana asks", w.asks("U0ANA", "up orders -- the shop needs it"), "")
	same(t, "it waits", w.is(1), "pending")
	same(t, "ana agrees", w.presses("U0ANA", "approve", 1), "fault: You asked for this, so somebody else must agree. Withdraw takes it back.")
	same(t, "ben agrees", w.presses("U0BEN", "approve", 1), "fault: Only leads may decide this. Ask one of them.")
	same(t, "lee agrees", w.presses("U0LEE", "approve", 1), "")
	same(t, "it may run", w.is(1), "approved")
	if got := w.presses("U0MIA", "approve", 1); !strings.HasPrefix(got, "fault: This was approved") {
		t.Errorf("mia comes late: %s", got)
	}
	same(t, "refusals", w.refusals(), "approve (own request), approve (not entitled), approve (late)")
	if q := w.request(t, approval.Approved); q.Reason != "the shop needs it" || q.Words != "up orders" || len(q.Votes) != 1 || q.Votes[0].By != id("U0LEE") {
		t.Errorf("the request: %+v", q)
	}
}

// Two leads have to agree to what can lose data in production, and each types the database's name.
func TestDestroyingTakesTheName(t *testing.T) {
	const wrong = "fault: That is not the name of the database, so nothing was counted. It is called orders."
	w := newWorks(t)
	same(t, "ana asks", w.asks("U0ANA", "drop orders"), "")
	same(t, "ben gets no form", w.presses("U0BEN", "approve", 1), "fault: Only leads may decide this. Ask one of them.")
	same(t, "lee gets one", w.presses("U0LEE", "approve", 1), "")
	same(t, "nothing is counted yet", w.is(1)+" "+whoAgreed(w.request(t, approval.Pending)), "pending ")
	form := w.room.last()
	same(t, "the form", form.Title+" / "+form.Lead+" / "+form.Label+" / "+form.Send, "Approve #1 / “drop orders” can lose data on orders (production). / Name of the database / Approve")
	same(t, "lee types another name", w.sends("U0LEE", "reporting"), wrong)
	same(t, "and nearly the right one", w.sends("U0LEE", "Orders"), wrong)
	same(t, "and half of it", w.sends("U0LEE", "order"), wrong)
	same(t, "and nothing", w.sends("U0LEE", "  "), "fault: Nothing was written. A sentence is enough.")
	same(t, "and the right one, with blanks around it", w.sends("U0LEE", " orders\n"), "")
	same(t, "one agrees", w.is(1)+" "+whoAgreed(w.request(t, approval.Pending)), "pending U0LEE")
	same(t, "lee sends it again", w.sends("U0LEE", "orders"), "fault: You have agreed already, and that counts once. 1 more must agree.")
	same(t, "ben found her form", w.sends("U0BEN", "orders"), "fault: Only leads may decide this. Ask one of them.")
	w.presses("U0MIA", "approve", 1)
	same(t, "mia agrees", w.sends("U0MIA", "orders"), "")
	same(t, "both agree", w.is(1)+" "+whoAgreed(w.request(t, approval.Approved)), "approved U0LEE U0MIA")
	same(t, "refusals", w.refusals(), "approve (not entitled), approve (wrong name), approve (wrong name), approve (wrong name), approve (voted already), approve (not entitled)")
}

func whoAgreed(q approval.Request) string {
	var all []string
	for _, v := range q.Votes {
		all = append(all, v.By.User)
	}
	return strings.Join(all, " ")
}

// A rejection says why. It beats a consent as long as nothing runs.
func TestReject(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	same(t, "ana may not", w.presses("U0ANA", "reject", 1), "fault: You asked for this, so it is not yours to reject. Withdraw takes it back.")
	same(t, "ben may not", w.presses("U0BEN", "reject", 1), "fault: Only leads may decide this. Ask one of them.")
	if len(w.room.forms) != 0 {
		t.Errorf("forms opened for them: %+v", w.room.forms)
	}
	w.presses("U0MIA", "approve", 1)
	same(t, "lee is asked why", w.presses("U0LEE", "Reject", 1)+w.room.last().Title, "Reject #1")
	same(t, "without a reason", w.sends("U0LEE", " \n "), "fault: Nothing was written. A sentence is enough.")
	same(t, "with one", w.sends("U0LEE", "not on a Friday"), "")
	same(t, "nothing runs", w.is(1), "rejected by U0LEE: not on a Friday")
	if got := w.sends("U0MIA", "me too"); !strings.HasPrefix(got, "fault: This was rejected") {
		t.Errorf("mia's form comes late: %s", got)
	}
}

// Who may agree may break the glass, also for what they asked for themselves; it takes a reason.
func TestBreakGlass(t *testing.T) {
	w := newWorks(t)
	w.asks("U0LEE", "drop orders")
	same(t, "an engineer may not", w.presses("U0BEN", "break glass", 1), "fault: Only leads may decide this. Ask one of them.")
	same(t, "lee may, alone", w.presses("U0LEE", "Break glass", 1)+w.room.last().Title, "Break glass #1")
	same(t, "not without a reason", w.sends("U0LEE", ""), "fault: Nothing was written. A sentence is enough.")
	same(t, "with one", w.sends("U0LEE", "the shop is down and nobody answers"), "")
	same(t, "it may run", w.is(1), "approved by U0LEE: the shop is down and nobody answers")
	if q := w.request(t, approval.Approved); !q.Glass {
		t.Error("it is not marked")
	}
}

func TestBreakGlassIsOffByDefault(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	terms := w.request(t, approval.Pending).Terms
	if !terms.BreakGlass || terms.Alone || terms.Count != 1 || terms.Within != 30*time.Minute {
		t.Errorf("terms of production: %+v", terms)
	}
	w.asks("U0ANA", "drop reporting")
	same(t, "not in staging", w.presses("U0LEE", "break glass", 2), "fault: The policy lets nobody decide this alone. It waits for those who may agree.")
}

// Where the policy asks for nobody, or lets somebody act alone, the request is approved as it is made.
func TestWhereNobodyHasToAgree(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up reporting")
	w.asks("U0LEE", "drop reporting")
	w.asks("U0ANA", "drop reporting -- me too, but not alone")
	same(t, "staging asks for nobody", w.is(1), "approved")
	same(t, "a lead acts alone", w.is(2), "approved")
	w.state.place(approval.Request{ID: 2, Origin: approval.Place{Channel: "C0ORDERS"}})
	if _, err := w.state.Get(t.Context(), 3); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("the same wish made a request of its own: %v", err)
	}
	w.presses("U0LEE", "withdraw", 2)
	w.asks("U0ANA", "drop reporting")
	same(t, "an engineer does not", w.is(3), "pending")
}

func TestWithdrawAndCancel(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	same(t, "nothing to cancel", w.presses("U0ANA", "cancel", 1), "fault: This does not run yet, so there is nothing to cancel. Withdraw or Reject ends it.")
	same(t, "lee did not ask for it", w.presses("U0LEE", "withdraw", 1), "fault: Only the person who asked for this may withdraw it. Whoever may agree to it may also reject it.")
	same(t, "ana takes it back", w.presses("U0ANA", "withdraw", 1)+w.is(1), "withdrawn by U0ANA")

	w.asks("U0ANA", "up orders")
	w.presses("U0LEE", "approve", 2)
	w.starts(t, 2)
	same(t, "too late to withdraw", strings.SplitN(w.presses("U0ANA", "withdraw", 2), " for ", 2)[0], "fault: This has been running")
	same(t, "ben may not", w.presses("U0BEN", "cancel", 2), "fault: Only leads may decide this. Ask one of them.")
	same(t, "mia may", w.presses("U0MIA", "cancel", 2), "")
	same(t, "ana may too, and hears", w.presses("U0ANA", "cancel", 2), "fault: This is being cancelled already. The card says how it ends.")
	if q, _ := w.state.Get(t.Context(), 2); q.Cancel == nil || q.Cancel.By != id("U0MIA") {
		t.Errorf("the wish: %+v", q.Cancel)
	}
}

// starts lets a worker begin a request.
func (w *works) starts(t testing.TB, request approval.ID) {
	t.Helper()
	for _, act := range []approval.Act{
		func(q approval.Request, now time.Time) (approval.Move, error) { return q.Claim(7, now) },
		func(q approval.Request, now time.Time) (approval.Move, error) {
			return q.Start(q.Fence, q.Digest, now)
		},
	} {
		if _, err := w.state.Move(t.Context(), request, act); err != nil {
			t.Fatal(err)
		}
	}
}

// Strangers press every button there is. Each hears why not, nothing moves, and each press is in the audit.
func TestStrangersDecideNothing(t *testing.T) {
	w := newWorks(t)
	w.people.policy.Groups = map[string]policy.Group{"engineers": {Usergroups: []string{"S0ENGINEER"}}, "leads": {Users: []string{"U0LEE", "U0GUS", "U0SIA", "U0DAN", "U0EVE", "U0BOT", "U0NOBODY"}}}
	w.asks("U0ANA", "up orders")
	w.directory.persons["U0ANA"] = ops.Deleted // and she presses too
	pressed := 0
	for _, user := range []string{"U0GUS", "U0SIA", "U0DAN", "U0EVE", "U0BOT", "U0NOBODY", "U0ANA"} {
		for _, d := range decisions {
			got := w.presses(user, d.button, 1)
			if pressed++; !strings.HasPrefix(got, "fault: ") || strings.Contains(got, "went wrong") {
				t.Errorf("%s presses %s: %s", user, d.button, got)
			}
		}
	}
	same(t, "nothing moved", w.is(1), "pending")
	if len(w.room.forms) != 0 || len(w.state.Refused()) != pressed {
		t.Errorf("%d forms, %d of %d refusals written", len(w.room.forms), len(w.state.Refused()), pressed)
	}
}

// When Slack cannot say who presses, nothing counts, however well they are known.
func TestAPressNeedsTheDirectory(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	w.says("U0LEE", "status") // now she is known for a minute
	w.directory.err = errSlackDown
	for _, button := range []string{"approve", "reject", "break glass"} {
		if got := w.presses("U0LEE", button, 1); !strings.Contains(got, "directory could not be read") {
			t.Errorf("%s: %s", button, got)
		}
	}
	if got := w.presses("U0ANA", "withdraw", 1); !strings.Contains(got, "directory could not be read") {
		t.Errorf("withdraw: %s", got)
	}
	w.directory.err = nil
	same(t, "nothing counted", w.is(1)+" "+w.presses("U0LEE", "approve", 1)+w.is(1), "pending approved")
}

// A consent whose roster cannot be read is no consent.
func TestAPressNeedsTheRoster(t *testing.T) {
	w := newWorks(t)
	w.people.policy.Groups = map[string]policy.Group{"engineers": {Users: []string{"U0ANA"}}, "leads": {Usergroups: []string{"S0LEAD"}}}
	w.directory.rosters["S0LEAD"] = []string{"U0LEE"}
	w.asks("U0ANA", "up orders")
	w.people.rosters.read = func(context.Context, string) ([]string, error) { return nil, errSlackDown }
	if got := w.presses("U0LEE", "approve", 1); !strings.Contains(got, "user groups could not be read") {
		t.Errorf("got %s", got)
	}
	same(t, "it waits", w.is(1), "pending")
	if got := w.presses("U0BEN", "withdraw", 1); !strings.Contains(got, "fault: ") {
		t.Errorf("ben withdraws what ana asked for: %s", got)
	}
	// Who asked is known as a person, and that is all it takes to stop: at night it may be urgent.
	same(t, "ana withdraws", w.presses("U0ANA", "withdraw", 1)+w.is(1), "withdrawn by U0ANA")
	w.people.rosters.read = w.directory.Roster
	w.asks("U0ANA", "up orders -- again")
	same(t, "lee agrees", w.presses("U0LEE", "approve", 2)+w.is(2), "approved")
	w.starts(t, 2)
	w.people.rosters.read = func(context.Context, string) ([]string, error) { return nil, errSlackDown }
	if got := w.presses("U0LEE", "cancel", 2); !strings.Contains(got, "user groups could not be read") {
		t.Errorf("lee cancels: %s", got)
	}
	same(t, "ana cancels", w.presses("U0ANA", "cancel", 2), "")
	if q, err := w.state.Get(t.Context(), 2); err != nil || q.Cancel == nil || q.Cancel.By != id("U0ANA") {
		t.Errorf("%+v, %v", q.Cancel, err)
	}
}

// Tokens that nobody gave out, or that stand somewhere else, do nothing, and say so.
func TestForgedAndForwardedButtons(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	card := w.state.cards[1]
	here := Origin{Team: team, Channel: card.Channel, Message: card.Stamp}
	const unknown = "fault: This button belongs to no request here. If it was copied or forwarded, press the one on the request itself; /db requests shows them."
	for _, token := range []string{"", "FORGED", "\x00", strings.Repeat("A", 5000), card.Token + "A", strings.ToLower(card.Token), "1"} {
		same(t, "forged", w.pressesAt("U0LEE", "approve", token, here), unknown)
	}
	for name, origin := range map[string]Origin{
		"another channel": {Team: team, Channel: "C0GENERAL", Message: card.Stamp},
		"another message": {Team: team, Channel: card.Channel, Message: "9.9"},
		"a home tab":      {Team: team},
	} {
		if got := w.pressesAt("U0LEE", "approve", card.Token, origin); !strings.HasPrefix(got, "fault: ") || strings.Contains(got, "went wrong") {
			t.Errorf("%s: %s", name, got)
		}
	}
	same(t, "nothing counted", w.is(1), "pending")
}

// The same click, delivered twice, counts once, and the second delivery hears that.
func TestAClickCountsOnce(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "drop orders")
	w.presses("U0LEE", "approve", 1)
	form := w.room.last()
	send := Act{Submit: &Submit{Key: "once", Who: id("U0LEE"), Form: form.Name, State: form.State, Text: "orders", At: time.Now()}}
	same(t, "once", w.does(send), "")
	same(t, "again", w.does(send), "fault: dbbot has this already; it counts once.")
	same(t, "it counts once", whoAgreed(w.request(t, approval.Pending)), "U0LEE")
}

// A form that Slack does not open decides nothing, and the person hears that.
func TestAFormThatDoesNotOpen(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	w.room.fail = errors.New("slack: expired_trigger_id")
	const sorry = "only U0LEE: Slack did not open the form, so nothing was decided. Press the button again."
	same(t, "slack refuses", w.presses("U0LEE", "reject", 1), sorry)
	w.room.panic = true
	same(t, "the room is broken", w.presses("U0LEE", "reject", 1), sorry)
	same(t, "nothing was decided", w.is(1), "pending")
	w.room.fail, w.room.panic = nil, false
	same(t, "now", w.presses("U0LEE", "reject", 1)+w.room.last().Name, "reject")
}

// Forms that nobody gave out, and forms with another state than they were given, decide nothing.
func TestForgedForms(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "drop orders")
	good := surface{Token: w.state.cards[1].Token, Channel: "C0ORDERS", Message: "1.1"}
	elsewhere := surface{Token: good.Token, Channel: "C0GENERAL", Message: "1.1"}
	for _, s := range []Submit{
		{},
		{Form: "approve"},
		{Form: "approve", Text: "orders"},
		{Form: "approve", Text: "orders", State: "{"},
		{Form: "approve", Text: "orders", State: "null"},
		{Form: "withdraw", Text: "x", State: good.String()},
		{Form: "dance", Text: "x", State: good.String()},
		{Form: "reject", Text: "x", State: elsewhere.String()},
		{Form: "approve", Text: "orders", State: elsewhere.String()},
	} {
		s.Who, s.At, s.Key = id("U0LEE"), time.Now(), newToken()
		if s.Form == "withdraw" {
			s.Who = id("U0ANA") // who may, by its button
		}
		if got := w.does(Act{Submit: &s}); !strings.HasPrefix(got, "fault: ") || strings.Contains(got, "went wrong") {
			t.Errorf("%+v: %s", s, got)
		}
	}
	same(t, "nothing was decided", w.is(1), "pending")
	same(t, "what leads to no request is a fact too", w.facts(), "click unknown U0LEE: : unknown token\nclick unknown U0ANA: withdraw: unknown token\nclick unknown U0LEE: dance: unknown token")
	form := Submit{Key: "good", Who: id("U0LEE"), At: time.Now(), Form: "approve", Text: "orders", State: good.String()}
	same(t, "so that the test can fail", w.does(Act{Submit: &form}), "")
}

// Buttons that type a command: whoever presses is who asks.
func TestButtonsThatType(t *testing.T) {
	w := newWorks(t)
	w.answer = func(context.Context, commands.Asker, []ops.Target) (commands.View, error) {
		end := []commands.Button{{Name: "End 4242", Words: "drop orders"}, {Name: "Look", Words: "status reporting"}}
		return commands.View{
			Title: "sessions", Parts: []commands.Part{{Section: &commands.Section{Title: "blocked", Buttons: end}}, {Code: &commands.Code{Text: "select"}}},
			Buttons: []commands.Button{{Name: "Up", Words: "up orders"}, {Name: commands.Share}},
		}, nil
	}
	w.says("U0ANA", "status orders")
	post := w.chat.last
	buttons := append(post.View.Parts[0].Section.Buttons, post.View.Buttons[0])
	for i, b := range buttons {
		if len(b.Token) < 26 || b.Token == post.Token || i > 0 && b.Token == buttons[i-1].Token {
			t.Errorf("%q carries the token %q", b.Name, b.Token)
		}
	}
	if post.View.Buttons[1].Token != "" {
		t.Errorf("share carries a token of its own")
	}
	at := Origin{Team: team, Channel: "C0ORDERS", Message: "5.5"}
	same(t, "ben, an engineer, presses", w.pressesAt("U0BEN", "End 4242", buttons[0].Token, at), "")
	if q := w.request(t, approval.Pending); q.Requester != id("U0BEN") || q.Words != "drop orders" || q.Origin.Channel != "C0ORDERS" {
		t.Errorf("the request: %+v", q)
	}
	if got := w.pressesAt("U0GUS", "End 4242", buttons[0].Token, at); !strings.HasPrefix(got, "only U0GUS: You are a guest") {
		t.Errorf("gus: %s", got)
	}
	if got := w.pressesAt("U0LEE", "Look", buttons[1].Token, at); !strings.HasPrefix(got, "only U0LEE: sessions") {
		t.Errorf("a question: %s", got)
	}
	w.state.facts = nil
	same(t, "an old one", w.pressesAt("U0BEN", "End 4242", "GONE", at), "fault: This answer is over 30 minutes old. Type the command again.")
	same(t, "an answer's own token", w.pressesAt("U0ANA", "End 4242", post.Token, at), "fault: dbbot does not know this button. It is from another version; type the command again.")
	same(t, "both are facts", w.refusals()+"\n"+w.facts(), "End 4242 (unknown token)\nclick unknown U0ANA: end 4242: unknown token")
	same(t, "refresh with such a token", w.world.presses("U0ANA", "refresh", buttons[0].Token), "only U0ANA: This answer is over 30 minutes old. Type the command again.")
	var kept kept
	if json.Unmarshal(w.desk.kept[post.Token], &kept); kept.View.Buttons[0].Token+kept.View.Parts[0].Section.Buttons[0].Token != "" {
		t.Error("the answer keeps tokens of buttons: a shared one would share them")
	}
}

func TestAFormsTitleFits(t *testing.T) {
	for id, want := range map[approval.ID]string{7: "Break glass #7", 12345678901234: "Break glass"} {
		same(t, "title", title("Break glass", approval.Request{ID: id}), want)
	}
}

// An answer of the directory about somebody else is none.
func TestAPressIsJudgedByWhoPresses(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	w.people.persons.read = func(context.Context, ops.PersonID) (ops.Person, error) {
		return ops.Person{ID: id("U0LEE"), Standing: ops.Member}, nil
	}
	if got := w.presses("U0GUS", "approve", 1); !strings.Contains(got, "directory could not be read") {
		t.Errorf("got %s", got)
	}
}
