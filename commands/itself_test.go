package commands

import (
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
)

// dbbot itself is named as what it is, and mentioned nowhere: nobody is called like this.
func TestItselfIsNoPerson(t *testing.T) {
	itself := ops.PersonID{Team: "T0DEMO", User: ops.Itself}
	r := approval.Request{
		ID: 7, State: approval.Succeeded, Command: "backup now", Words: "backup now orders", Risk: ops.Operate,
		Target: ops.Target{Database: "orders", Environment: "production"}, Requester: itself, Reason: "0 3 * * * UTC",
	}
	section := RequestSection(r, "")
	asker := Asker{Person: ops.Person{ID: ops.PersonID{Team: "T0DEMO", User: "U0ANA"}}}
	fact := entrySection(audit.Entry{Team: itself.Team, User: itself.User, Event: string(approval.Agreed), Command: "backup now", Database: "orders"}, asker)
	for name, tt := range map[string]struct {
		view View
		want string
	}{
		"its card":          {RequestView(r, nil), "Asked by: the schedule, 0 3 * * * UTC"},
		"who agreed":        {RequestView(r, nil), "Agreed: nobody has to: the schedule stands in dbbot's file"},
		"in the list":       {View{Parts: []Part{{Section: &section}}}, "asked by the schedule"},
		"in the audit":      {View{Parts: []Part{{Section: &fact}}}, "the schedule"},
		"a person's card":   {RequestView(approval.Request{Requester: asker.Person.ID}, nil), "Asked by: @U0ANA"},
		"a person's reason": {RequestView(approval.Request{Requester: asker.Person.ID, Reason: "so"}, nil), "@U0ANA, because “so”"},
	} {
		text := tt.view.Text()
		if !strings.Contains(text, tt.want) || strings.Contains(text, "@dbbot") {
			t.Errorf("%s: %q is not in\n%s", name, tt.want, text)
		}
	}
}

// What dbbot types binds to what it means, whatever a database is called.
func TestTyping(t *testing.T) {
	for want, args := range map[string][]string{
		"backup now orders": {"orders"}, `backup now "my ""shop"""`: {`my "shop"`}, "backup now": nil, `backup now orders "b c"`: {"orders", "b c"},
	} {
		if got := Typing("backup now", args...); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
