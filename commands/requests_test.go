package commands

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// shelf keeps requests, the newest first.
type shelf struct {
	kept  []approval.Request
	asked approval.Filter
	fail  error
}

func (s *shelf) Get(_ context.Context, id approval.ID) (approval.Request, error) {
	for _, r := range s.kept {
		if r.ID == id {
			return r, s.fail
		}
	}
	return approval.Request{}, approval.ErrUnknown
}

func (s *shelf) List(_ context.Context, f approval.Filter) (found []approval.Request, err error) {
	s.asked = f
	for _, r := range s.kept {
		if (f.States == nil || slices.Contains(f.States, r.State)) && (f.Requester == ops.PersonID{} || f.Requester == r.Requester) && slices.Contains(f.Databases, r.Target.Database) {
			found = append(found, r)
		}
	}
	return found[:min(len(found), f.Limit)], s.fail
}

func (s *shelf) Links(_ context.Context, ids []approval.ID) (map[approval.ID]string, error) {
	links := map[approval.ID]string{}
	for _, id := range ids {
		if id != 40 { // its card was never posted
			links[id] = "https://demo.example/" + id.String()[1:]
		}
	}
	return links, s.fail
}

func fullShelf() *shelf {
	return &shelf{kept: []approval.Request{
		wish(func(r *approval.Request) { r.ID, r.Requester, r.Reason = 43, leeID, "" }, running),
		wish(),
		wish(func(r *approval.Request) { r.ID = 41; r.Target.Database = "reporting" }, approved),
		wish(func(r *approval.Request) { r.ID = 40 }, ended(approval.Succeeded, ""), came3),
	}}
}

func askRequests(t *testing.T, s requestReader, asker Asker, words string) (View, error) {
	t.Helper()
	tools := Toolbox{Databases: []ops.Target{{Database: "orders", Environment: "production"}, {Database: "reporting", Environment: "production"}}, Requests: s}
	call, err := All(tools).Find(words)
	if err != nil {
		return View{}, err
	}
	return call.Answer(t.Context(), asker, call.Targets[:min(len(call.Targets), 1)]) // as if they might not read the second
}

func TestRequests(t *testing.T) {
	anyone := Asker{Person: ops.Person{ID: anaID, Standing: ops.Member}, May: func(ops.Risk, ops.Target) (bool, string) { return true, "" }}
	var all strings.Builder
	for _, words := range []string{"requests", "requests mine", "requests all", "requests OPEN", "request 42", "request #40"} {
		view, err := askRequests(t, fullShelf(), anyone, words)
		if err != nil {
			t.Fatal(words, err)
		}
		all.WriteString("=== " + words + "\n" + view.Text() + "\n\n")
		for _, b := range view.Buttons {
			if b.Name != Refresh && b.Name != Share {
				t.Errorf("%s has a button %q, which would outlive the decision", words, b.Name)
			}
		}
	}
	golden(t, "requests.golden", all.String())
}

func TestRequestThatIsOverPromisesNoButtons(t *testing.T) {
	over := &shelf{kept: []approval.Request{wish(ended(approval.Rejected, "not now"))}}
	anyone := Asker{May: func(ops.Risk, ops.Target) (bool, string) { return true, "" }}
	view, err := askRequests(t, over, anyone, "request 42")
	if text := view.Text(); err != nil || !strings.Contains(text, "The card (https://demo.example/42)") || strings.Contains(text, "buttons") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestRequestsRefused(t *testing.T) {
	nobody := Asker{May: func(_ ops.Risk, target ops.Target) (bool, string) {
		return false, "Only leads may read " + target.Database + "."
	}}
	away := fullShelf()
	away.fail = errors.New("away")
	tests := []struct {
		name, words, want string
		from              requestReader
	}{
		{"no state", "requests", "No requests are kept here: changes are not set up.", nil},
		{"no state", "request 1", "No requests are kept here: changes are not set up.", nil},
		{"another word", "requests closed", "“closed” are no requests that dbbot can list.", fullShelf()},
		{"not a number", "request last", "“last” is not the number of a request.", fullShelf()},
		{"not a possible one", "request 0", "“0” is not the number of a request.", fullShelf()},
		{"unknown", "request 99", "There is no request #99.", fullShelf()},
		{"of a database that one may not read", "request 42", "Only leads may read orders.", fullShelf()},
		{"away", "requests", "away", away},
		{"away", "request 42", "away", away},
	}
	for _, tt := range tests {
		if _, err := askRequests(t, tt.from, nobody, tt.words); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestRequestsAreAskedForWithinBounds(t *testing.T) {
	s := fullShelf()
	if _, err := askRequests(t, s, Asker{}, "requests all"); err != nil || s.asked.Limit != maxListed || len(s.asked.Databases) != 1 || s.asked.States != nil {
		t.Errorf("%+v %v", s.asked, err)
	}
	for range maxListed {
		s.kept = append(s.kept, wish())
	}
	view, err := askRequests(t, s, Asker{}, "requests all")
	if err != nil || view.Notes[0].String() != "These are the newest 20." {
		t.Error(view.Notes, err)
	}
}

func TestNothingAsked(t *testing.T) {
	for words, want := range map[string]string{
		"requests": "Nothing is open.", "requests mine": "You have not asked for anything yet.", "requests all": "Nobody has asked for anything yet.",
	} {
		if view, err := askRequests(t, &shelf{}, Asker{}, words); err != nil || view.Lead.String() != want {
			t.Errorf("%s: %q, %v", words, view.Lead, err)
		}
	}
}

// A terminal shows all of a long plan; in a chat the places where something is left out say so.
func TestSpill(t *testing.T) {
	long := View{Title: "Apply 1", Parts: []Part{
		{Code: &Code{Title: "7.sql", Text: strings.Repeat("select 1;\n", 60)}},
		{Code: &Code{Title: "8.sql", Text: strings.Repeat("x", maxSpilled) + "\nselect 2;\n"}},
		{Table: &Table{Title: "Tables", Columns: []Column{{Name: "Table"}}, Rows: slices.Repeat([][]Text{{Say("order")}}, 20)}},
	}}
	short, whole := Spill(long)
	for want, in := range map[string]string{
		"… 21 lines more; the file in the thread has all":        short.Parts[0].Code.Text,
		"… 3 lines more; the file in the thread has all":         short.Parts[1].Code.Text,
		"Tables (15 of 20 rows; the file in the thread has all)": short.Parts[2].Table.Title,
	} {
		if !strings.HasSuffix(in, want) {
			t.Errorf("%q does not end with %q", in, want)
		}
	}
	if whole != long.Text() || len(long.Parts[2].Table.Rows) != 20 {
		t.Error("the whole is not the whole")
	}
	half := Part{Code: &Code{Text: strings.Repeat("x", maxSpilled*2/3)}}
	if both, whole := Spill(View{Parts: []Part{half, half}}); whole == "" || both.Parts[1].Code.Text != "… 1 line more; the file in the thread has all" {
		t.Error("two pieces of code have twice the room of one")
	}
	if same, whole := Spill(View{Parts: []Part{{Code: &Code{Text: "a\nb"}}}}); whole != "" || same.Parts[0].Code.Text != "a\nb" {
		t.Error(same, whole)
	}
	s := &shelf{kept: []approval.Request{wish(func(r *approval.Request) { r.Shown = asJSON(long) })}}
	everything := Asker{Terminal: true, May: func(ops.Risk, ops.Target) (bool, string) { return true, "" }}
	if view, err := askRequests(t, s, everything, "request 42"); err != nil || strings.Count(view.Text(), "select 1;") != 60 {
		t.Error("the terminal does not show the whole plan", err)
	}
}
