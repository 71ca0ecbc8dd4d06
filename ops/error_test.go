package ops

import (
	"errors"
	"fmt"
	"testing"
)

func TestExplain(t *testing.T) {
	marked := &Error{Message: "No such backup.", Hint: "See /db backup list.", Cause: errors.New("stat: hunter2")}
	tests := []struct {
		name string
		err  error
		want Explanation
	}{
		{"marked", marked, Explanation{Message: "No such backup.", Hint: "See /db backup list."}},
		{"marked further down", fmt.Errorf("backup: %w", marked), Explanation{Message: "No such backup.", Hint: "See /db backup list."}},
		{"not marked", errors.New("stat: hunter2"), Explanation{
			Message: "Something went wrong here, not with what you typed.",
			Hint:    "Whoever runs dbbot finds the cause in its log under 0badcafe.", Reference: "0badcafe",
		}},
	}
	for _, tt := range tests {
		if got := Explain(tt.err, "0badcafe"); got != tt.want {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	if text := fmt.Sprintf("%v %s", marked, marked); text != "No such backup. No such backup." || !errors.Is(marked, marked.Cause) {
		t.Errorf("a cause is for errors.Is and not for %%v: %s", text)
	}
}
