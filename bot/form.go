package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
)

// maxTitle is how long a form's title may be, in characters (Slack's limit).
const maxTitle = 24

// surface is where a button of a request was pressed: what its token is bound to. A form carries it from the press to its
// being sent.
type surface struct {
	Token   string
	Channel string `json:",omitempty"`
	Message string `json:",omitempty"`
}

func (s surface) String() string {
	text, err := json.Marshal(s)
	if err != nil { // strings only: cannot fail
		return ""
	}
	return string(text)
}

// surface of a form that was sent. One that nobody gave out has none, and no token is empty.
func (in Submit) surface() (at surface) {
	if json.Unmarshal([]byte(in.State), &at) != nil {
		return surface{}
	}
	return at
}

func (s surface) origin(who ops.PersonID) Origin {
	return Origin{Team: who.Team, Channel: s.Channel, Message: s.Message}
}

// nameForm asks to type the database's name before what can lose data in production is agreed to.
func nameForm(q approval.Request) *Form {
	if !q.NeedsName() {
		return nil
	}
	return &Form{
		Title: title("Approve", q), Send: commands.Approve, Length: 200,
		Lead:  fmt.Sprintf("“%s” can lose data on %s (%s).", commands.Saying(q), q.Target.Database, q.Target.Environment),
		Label: "Name of the database", Hint: "Type it exactly as above, to be sure that it is the one you mean.",
	}
}

func rejectForm(q approval.Request) *Form {
	return &Form{
		Title: title("Reject", q), Send: commands.Reject, Long: true, Length: approval.MaxReason,
		Lead:  fmt.Sprintf("“%s” will not run.", commands.Saying(q)),
		Label: "Why", Hint: "Whoever asked for it reads this.",
	}
}

func glassForm(q approval.Request) *Form {
	return &Form{
		Title: title("Break glass", q), Send: commands.BreakGlass, Long: true, Length: approval.MaxReason,
		Lead:  fmt.Sprintf("“%s” (%s) will run with nobody else's consent.", commands.Saying(q), q.Target.Environment),
		Label: "Why it cannot wait", Hint: "Everybody who could have agreed reads this, and the audit keeps it.",
	}
}

// passes is something that the form would accept: whether somebody may send it is found out before it is shown.
func (f *Form) passes(q approval.Request) string {
	if q.NeedsName() {
		return q.Target.Database
	}
	return f.Label
}

func title(word string, q approval.Request) string {
	if t := word + " " + q.ID.String(); len(t) <= maxTitle {
		return t
	}
	return word
}

// open shows the form to whoever pressed. Slack gives three seconds for it, counted from the press.
func (b *Bot) open(ctx context.Context, in Click, form Form) {
	r := b.beginWithin(ctx, sendBound, "form", in.Who, in.Origin, in.At)
	r.command = form.Name
	defer r.end()
	_, err := guard(r, func() (struct{}, error) { return struct{}{}, b.Room.Open(r.ctx, in.Origin.Trigger, form) })
	if err == nil {
		return
	}
	if _, marked := errors.AsType[*ops.Error](err); !marked {
		err = &stopped{failed, &ops.Error{Message: "Slack did not open the form, so nothing was decided.", Hint: "Press the button again.", Cause: err}}
	}
	r.err = err
	r.tell(b.Chat.Answer, explanation(ops.Explain(err, r.ref)))
}
