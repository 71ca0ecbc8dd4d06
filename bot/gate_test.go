package bot

import (
	"strings"
	"testing"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/policy"
)

// Every command of the catalogue is gated. The toolbox is empty: whatever a command tries to read, the test falls
// into a nil pointer, which the road answers as a fault of ours.
func TestEveryCommandIsGated(t *testing.T) {
	catalogue := commands.All(commands.Toolbox{Databases: []ops.Target{orders, reporting}})
	denyAll := newWorks(t, func(o *Options) { o.Catalogue, o.Policy = catalogue, policy.Policy{} })
	types := func(user, words string) string {
		if act := (Act{Invoke: &Invoke{Text: words}}); denyAll.First(act) {
			return denyAll.asks(user, words)
		}
		return denyAll.says(user, words)
	}
	for _, about := range catalogue.Commands() {
		call, err := catalogue.Find(about.Example)
		if err != nil {
			t.Fatal(err)
		}
		got := types("U0ANA", about.Example)
		if len(call.Targets) > 0 && !strings.Contains(got, "so nobody may do anything on it") || strings.Contains(got, "went wrong") {
			t.Errorf("%q is not refused by a policy that allows nothing: %s", about.Example, got)
		}
		for _, stranger := range []string{"U0GUS", "U0SIA", "U0DAN", "U0EVE", "U0BOT", "U0NOBODY"} {
			types(stranger, about.Example)
			if log := denyAll.log.String(); !strings.Contains(log[strings.LastIndex(log, "msg=request"):], "outcome=refused") {
				t.Errorf("%s is not refused %q: %s", stranger, about.Example, log)
			}
		}
		if asked, _ := denyAll.state.List(t.Context(), approval.Filter{}); len(asked) > 0 {
			t.Fatalf("%q became %s", about.Example, asked[0].ID)
		}
	}
}

// The opposite, so that the test above can fail: with rights, a command that reads does reach the toolbox.
func TestTheGateOpens(t *testing.T) {
	catalogue := commands.All(commands.Toolbox{Databases: []ops.Target{orders, reporting}})
	w := newWorld(t, func(o *Options) { o.Catalogue = catalogue })
	if got := w.says("U0ANA", "ping"); !strings.Contains(got, "went wrong") {
		t.Errorf("ping did not reach the empty toolbox: %s", got)
	}
	if got := w.says("U0LEE", "whoami"); !strings.Contains(got, "read: no. "+onlyEngineers) {
		t.Errorf("whoami: %s", got)
	}
}
