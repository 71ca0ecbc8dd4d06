package bot

import (
	"context"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// Whatever arrives, from whomever: Take does not fall over, says something for people where it does not accept it, and
// nothing that needs the consent of leads is approved by anybody else.
func FuzzTake(f *testing.F) {
	f.Add(uint8(0), "U0ANA", team, "up orders", "", "", "C0ORDERS", "1.1")
	f.Add(uint8(1), "U0GUS", team, "approve", "", "", "C0ORDERS", "1.1")
	f.Add(uint8(1), "U0EVE", "T0OTHER", "break glass", "", "", "", "")
	f.Add(uint8(2), "U0BEN", team, "approve", `{"Token":"x","Channel":"C0ORDERS"}`, "orders", "C0ORDERS", "1.1")
	f.Add(uint8(3), "U0ANA", team, "reject", "\x00", "\xff", "\u202e", "🙂")
	f.Fuzz(func(t *testing.T, kind uint8, user, from, word, state, text, channel, message string) {
		w := newWorks(t)
		w.asks("U0ANA", "drop orders")
		token := w.state.cards[1].Token
		if kind > 3 { // the right token in the wrong hands
			state = strings.ReplaceAll(state, "x", token)
		} else {
			token = text
		}
		who := ops.PersonID{Team: from, User: user}
		origin := Origin{Team: team, Channel: channel, Message: message}
		acts := []Act{
			{Invoke: &Invoke{Key: "fuzz", Who: who, Text: word, Origin: origin, At: time.Now()}},
			{Click: &Click{Key: "fuzz", Who: who, Button: word, Token: token, Origin: origin, At: time.Now()}},
			{Submit: &Submit{Key: "fuzz", Who: who, Form: word, State: state, Text: text, At: time.Now()}},
			{Home: &Home{Key: "fuzz", Who: who, At: time.Now()}},
		}
		act := acts[int(kind)%len(acts)]
		w.First(act)
		taken := w.Take(context.Background(), act)
		if taken.Then != nil {
			taken.Then(context.Background())
		}
		if strings.Contains(w.log.String(), "msg=panic") || strings.Contains(taken.Fault, "went wrong") {
			t.Errorf("%+v: %q\n%s", act, taken.Fault, w.log)
		}
		lead := from == team && (user == "U0LEE" || user == "U0MIA")
		if q, err := w.state.Get(t.Context(), 1); err != nil || q.State == approval.Approved && !lead || len(q.Votes) > 0 && !lead {
			t.Errorf("%+v made it %s with %v", act, q.State, q.Votes)
		}
	})
}
