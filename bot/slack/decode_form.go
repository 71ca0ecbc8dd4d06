package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"dbbot/bot"
	"dbbot/bot/blockkit"
)

// formField names the one field of our forms.
const formField = blockkit.Field

// maxWritten is as much as Slack lets people write into a field, in bytes of up to four a character.
const maxWritten = 4 * 3000

// submission is a form as it was sent: what blockkit.FormView drew, and what was written.
type submission struct {
	ID    string `json:"id"`
	Hash  string `json:"hash"`
	Form  string `json:"callback_id"`
	State string `json:"private_metadata"`
	Input struct {
		Values map[string]map[string]struct {
			Value *string `json:"value"`
		} `json:"values"`
	} `json:"state"`
}

// form reads a form. Whatever is wrong with it, its person is told: a form that closes looks accepted.
func (p *interaction) form(me self, at time.Time) (bot.Act, error) {
	var f submission
	if json.Unmarshal(p.View, &f) != nil {
		return bot.Act{}, &refusal{reason: malformed, detail: "a form that is none", form: true}
	}
	answer, found := f.Input.Values[formField][formField]
	if !found || answer.Value == nil || !sane(f.ID, f.Hash, strings.ReplaceAll(f.Form, " ", "-"), p.TriggerID) || f.ID == "" || f.Form == "" || len(*answer.Value) > maxWritten {
		return bot.Act{}, &refusal{reason: malformed, detail: "a form that is not one of ours", form: true}
	}
	// Sent again after a fault was shown, a form has the same id and hash: the trigger, or else what was written, tells the
	// two apart.
	written := sha256.Sum256([]byte(*answer.Value))
	press := firstOf(p.TriggerID, f.Hash+"."+hex.EncodeToString(written[:8]))
	return bot.Act{Submit: &bot.Submit{
		Key: key("form", f.ID, press, p.User.ID), At: at, Who: p.who(me),
		Form: f.Form, State: typed(f.State), Text: typed(*answer.Value),
	}}, nil
}
