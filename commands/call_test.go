package commands

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// walking is the Change of migrate up, as the road gets it.
func walking(t *testing.T, line string) *Changing {
	t.Helper()
	call, err := testCatalogue(shop...).Find(line)
	if err != nil || call.Change == nil || call.Answer != nil {
		t.Fatalf("%q: got %+v, %v", line, call, err)
	}
	return call.Change
}

func TestChangeIsErased(t *testing.T) {
	change := walking(t, "migrate up orders 3 from=here -- it is time")
	planned, err := change.Plan(context.Background())
	if err != nil || string(planned.Plan) != `{"Database":"orders","From":"here","Count":3}` || planned.View.Title != "Forward" || planned.Server.System != "7" {
		t.Fatalf("got %+v, %v", planned, err)
	}
	var phase string
	view, err := change.Run(context.Background(), approval.Request{}, planned.Plan, func(p string, done, total int64) {
		if done == 3 && total == 10 {
			phase = p
		}
	})
	if err != nil || view.Title != "3 steps from here" || phase != "walking" {
		t.Errorf("run: got %q in phase %q, %v", view.Title, phase, err)
	}
	happened, view, err := change.Look(context.Background(), approval.Request{}, planned.Plan)
	if err != nil || happened != HappenedWhole || view.Title != "came to 3" {
		t.Errorf("look: got %s, %q, %v", happened, view.Title, err)
	}
}

func TestNothingToDoIsNoPlan(t *testing.T) {
	planned, err := walking(t, "migrate up orders").Plan(context.Background())
	if err == nil || err.Error() != "Nothing to do." || planned.Plan != nil {
		t.Errorf("got %s, %v", planned.Plan, err)
	}
}

// A plan of another version may mean something else: it is neither run nor looked for.
func TestPlansOfOtherVersionsAreRefused(t *testing.T) {
	change := walking(t, "migrate up orders 3")
	for _, body := range []string{
		``, `null`, `[]`, `{}`, `{"Database":"orders","From":"","Count":3,"Force":true}`,
		`{"Database":"orders","Count":3}`, `{"database":"orders","from":"","count":3}`, `{"Database":"orders","From":"","Count":3} `,
	} {
		_, err := change.Run(context.Background(), approval.Request{}, json.RawMessage(body), func(string, int64, int64) {})
		if marked, ok := errors.AsType[*ops.Error](err); !ok || marked.Hint != "Ask again: the plan is then made anew." {
			t.Errorf("%s was run: %v", body, err)
		}
		happened, _, err := change.Look(context.Background(), approval.Request{}, json.RawMessage(body))
		if happened != HappenedUnclear || err == nil {
			t.Errorf("%s was looked for: %s, %v", body, happened, err)
		}
	}
}
