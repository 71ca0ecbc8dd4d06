package approval_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"dbbot/ops/approval"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testdata/drawing.golden is the whole machine on a page: in every state, what everybody may do, and what they hear where
// they may not.
func TestDrawing(t *testing.T) {
	granted := []act{agree(lee), claim, start}
	states := []struct {
		name string
		r    approval.Request
		now  time.Duration // after noon
	}{
		{"pending", after(t, leads(2), agree(mia)), 5 * time.Minute},
		{"pending, its time is over", after(t, leads(2), agree(mia)), 2 * time.Hour},
		{"approved", after(t, oneLead, agree(lee)), 5 * time.Minute},
		{"approved by breaking the glass", after(t, oneLead, breakGlass(mia, "the shop is down")), 5 * time.Minute},
		{"approved, nobody has to agree", after(t, approval.Terms{}), 5 * time.Minute},
		{"approved and claimed", after(t, oneLead, agree(lee), claim), 5 * time.Minute},
		{"approved and claimed, too long ago", after(t, oneLead, agree(lee), claim), 2 * time.Hour},
		{"running", after(t, oneLead, granted...), 5 * time.Minute},
		{"running, to be cancelled", after(t, oneLead, append(granted, cancel(ana))...), 5 * time.Minute},
		{"succeeded", after(t, oneLead, append(granted, finish(approval.Succeeded))...), 5 * time.Minute},
		{"failed", after(t, oneLead, append(granted, finish(approval.Failed))...), 3 * time.Hour},
		{"cancelled", after(t, oneLead, append(granted, finish(approval.Cancelled))...), 50 * time.Hour},
		{"interrupted", after(t, oneLead, append(granted, takeOver, finish(approval.Interrupted))...), 7 * time.Minute},
		{"rejected", after(t, oneLead, deny(lee)), time.Minute + 30*time.Second},
		{"expired", expired(t), 2 * time.Hour},
		{"withdrawn", after(t, oneLead, withdraw(ana)), 5 * time.Minute},
		{"invalidated", after(t, oneLead, agree(lee), claim, invalidate), 5 * time.Minute},
	}
	var page strings.Builder
	for _, s := range states {
		fmt.Fprintf(&page, "%s\n", strings.ToUpper(s.name))
		var said []string
		who := map[string][]string{}
		for _, by := range everybody() {
			m, err := by.does(s.r, noon.Add(s.now))
			words := outcome(m, err)
			if len(who[words]) == 0 {
				said = append(said, words)
			}
			who[words] = append(who[words], by.name)
		}
		for _, words := range said {
			fmt.Fprintf(&page, "  %s\n      %s\n", words, strings.Join(who[words], ", "))
		}
		page.WriteString("\n")
	}
	golden(t, "testdata/drawing.golden", page.String())
}

func expired(t *testing.T) approval.Request {
	m, err := after(t, oneLead).Expire(noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return m.After
}

type does struct {
	name string
	does act
}

func everybody() []does {
	stranger, unseen, hidden := voter("U0BEN", false), lee, ana
	hidden.Unseen = true
	stranger.Why, unseen.Unseen, unseen.Entitled = "Only leads may decide this. Ask one of them.", true, false
	return []does{
		{"a lead approves", agree(lee)},
		{"who agreed approves", agree(mia)},
		{"the requester approves", agree(ana)},
		{"a stranger approves", agree(stranger)},
		{"somebody unseen approves", agree(unseen)},
		{"a lead rejects", deny(lee)},
		{"who agreed rejects", deny(mia)},
		{"the requester rejects", deny(ana)},
		{"a stranger rejects", deny(stranger)},
		{"somebody unseen rejects", deny(unseen)},
		{"a lead breaks the glass", breakGlass(lee, "the shop is down")},
		{"… without a reason", breakGlass(lee, " \n")},
		{"a stranger breaks the glass", breakGlass(stranger, "I want to")},
		{"somebody unseen breaks it", breakGlass(unseen, "I want to")},
		{"the requester withdraws", withdraw(ana)},
		{"a lead withdraws", withdraw(lee)},
		{"somebody unseen withdraws", withdraw(unseen)},
		{"the requester, unseen, withdraws", withdraw(hidden)},
		{"the requester cancels", cancel(ana)},
		{"a lead cancels", cancel(lee)},
		{"a stranger cancels", cancel(stranger)},
		{"somebody unseen cancels", cancel(unseen)},
		{"the requester, unseen, cancels", cancel(hidden)},
		{"time: expire", expire},
		{"time: remind", remind},
		{"a worker claims", claim},
		{"a worker waits", wait},
		{"a worker invalidates", invalidate},
		{"a worker starts", start},
		{"another takes over", takeOver},
		{"a worker finishes", finish(approval.Succeeded)},
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference. Got:\n%s", path, got)
	}
}
