package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// ended is a request of Ana's that ran and ended so, with an outcome that leaves a choice.
func ended(t *testing.T, state approval.State) *works {
	t.Helper()
	w := newWorks(t)
	w.asks("U0ANA", "up orders -- for the release")
	w.presses("U0LEE", "approve", 1)
	w.starts(t, 1)
	outcome, _ := json.Marshal(commands.View{Title: "What ran", Parts: []commands.Part{{Section: &commands.Section{
		Title: "What is true?", Lines: []commands.Text{commands.Say("Nothing of it is there: force 3.")},
		Buttons: []commands.Button{{Name: "Force 3", Words: "drop orders"}},
	}}}})
	_, err := w.state.Move(t.Context(), 1, func(r approval.Request, now time.Time) (approval.Move, error) {
		return r.Finish(r.Fence, state, "It broke off.", outcome, now)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// What did not come to its end can be asked for again with a press, and so can what its outcome leaves to choose: by
// whoever presses, as if they had typed it.
func TestChoicesAfterAFailure(t *testing.T) {
	for _, state := range []approval.State{approval.Failed, approval.Interrupted, approval.Cancelled, approval.Succeeded} {
		w := ended(t, state)
		r, _ := w.state.Get(t.Context(), 1)
		card := w.card(t.Context(), store.Message{To: r.Origin.Channel, Token: "TOKEN"}, r)
		again := state == approval.Failed || state == approval.Interrupted
		if got := len(card.View.Buttons) == 1 && card.View.Buttons[0].Name == commands.Retry; got != again {
			t.Errorf("%s: below the card: %+v", state, card.View.Buttons)
		}
		if text := card.View.Text(); !strings.Contains(text, "Nothing of it is there: force 3.") || card.Token != "TOKEN" {
			t.Errorf("%s, token %q:\n%s", state, card.Token, text)
		}

		said := w.presses("U0BEN", "retry", 1)
		if again {
			same(t, "ben asks again", said, "")
			q, err := w.state.Get(t.Context(), 2)
			if err != nil || q.Requester != id("U0BEN") || q.Words != "up orders" || q.Reason != "for the release" || q.State != approval.Pending || q.Origin.Channel != "C0ORDERS" {
				t.Errorf("%s: %+v, %v", state, q, err)
			}
			same(t, "twice is once", w.presses("U0LEE", "Retry", 1), "only U0LEE: The same is open already: #2 (https://demo.example/2), asked for by @U0BEN. Nothing new was asked for.")
		} else {
			same(t, string(state), said, "fault: dbbot does not know this button here. The card shows what is possible now.")
		}
		same(t, "a choice", w.presses("U0BEN", "force 3", 1), "")
		q, _ := w.state.Get(t.Context(), approval.ID(len(w.state.cards)))
		if q.Words != "drop orders" || q.Requester != id("U0BEN") {
			t.Errorf("%s: %+v", state, q)
		}
		if got := w.presses("U0GUS", "force 3", 1); !strings.Contains(got, "You are a guest of this workspace") {
			t.Errorf("gus: %s", got)
		}
		if got := w.presses("U0ANA", "force 4", 1); !strings.Contains(got, "does not know this button here") {
			t.Errorf("what nobody offered: %s", got)
		}
	}
}

// The new card stands where the old one does, and not among its details.
func TestTheNewCardStandsBesideTheOld(t *testing.T) {
	w := ended(t, approval.Failed)
	card := w.state.cards[1]
	at := Origin{Team: team, Channel: card.Channel, Message: card.Stamp, Thread: card.Stamp}
	same(t, "below a card with a thread", w.pressesAt("U0BEN", "retry", card.Token, at), "")
	if q, err := w.state.Get(t.Context(), 2); err != nil || q.Origin != (approval.Place{Channel: card.Channel}) {
		t.Errorf("%+v, %v", q.Origin, err)
	}
}

// Before a request is over there is nothing of that, whatever a press says.
func TestNoChoiceBeforeTheEnd(t *testing.T) {
	w := newWorks(t)
	w.asks("U0ANA", "up orders")
	for _, button := range []string{"retry", "force 3", ""} {
		if got := w.presses("U0BEN", button, 1); !strings.HasPrefix(got, "fault: dbbot does not know this button here.") {
			t.Errorf("%q: %s", button, got)
		}
	}
	same(t, "nothing came of it", w.is(1), "pending")
	same(t, "noted", w.refusals(), "press retry (no such choice), press force 3 (no such choice), press  (no such choice)")
}

// Where an outcome is told for good it has nothing to press.
func TestDetailsHaveNoButtons(t *testing.T) {
	w := ended(t, approval.Failed)
	for _, move := range w.state.Moves() {
		for _, m := range w.Announce(move) {
			if strings.Contains(string(m.Body), "Force 3") {
				t.Errorf("%s: %s", m.Key, m.Body)
			}
		}
	}
}
