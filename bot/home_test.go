package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/approval/approvaltest"
	"dbbot/ops/policy"
	"dbbot/ops/store"
)

// porch keeps which home tabs are open, beside a mailbox.
type porch struct {
	*mailbox
	open []store.Home
}

func (p *porch) Homes(context.Context) ([]store.Home, error) {
	return slices.Clone(p.open), p.fails("homes")
}

func (p *porch) HomeOpened(_ context.Context, who ops.PersonID) error {
	p.open = slices.DeleteFunc(p.open, func(h store.Home) bool { return h.Who == who })
	p.open = append(p.open, store.Home{Who: who})
	return p.fails("opened")
}

func (p *porch) HomeShown(_ context.Context, who ops.PersonID, digest string) error {
	for i, h := range p.open {
		if h.Who == who {
			p.open[i].Digest = digest
		}
	}
	return p.fails("shown")
}

func (p *porch) HomeTokens(_ context.Context, who ops.PersonID, ids []approval.ID) (map[approval.ID]string, error) {
	if err := p.fails("tokens"); err != nil {
		return nil, err
	}
	all := map[approval.ID]string{}
	for _, id := range ids {
		all[id] = fmt.Sprintf("home of %s %s", who.User, id)
		p.Bind(all[id], id, approvaltest.Surface{Home: who})
	}
	return all, nil
}

// tabs shows home tabs as they are drawn.
type tabs struct {
	*chat
	mu    sync.Mutex
	views map[string]commands.View
	drawn int
	fails error
}

func (c *tabs) ShowHome(_ context.Context, who ops.PersonID, p Post) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fails != nil {
		return c.fails
	}
	c.views[who.User], c.drawn = p.View, c.drawn+1
	return nil
}

// of says what somebody's tab shows: its title, its headlines and their buttons.
func (c *tabs) of(user string) string {
	view := c.views[user]
	all := []string{view.Title}
	for _, part := range view.Parts {
		if part.Section == nil {
			continue
		}
		line := part.Section.Title
		for _, b := range part.Section.Buttons {
			line += " [" + b.Name + "]"
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

type lobby struct {
	*post
	porch *porch
	tabs  *tabs
	keys  int
}

func newLobby(t testing.TB) *lobby {
	l := &lobby{porch: &porch{}, tabs: &tabs{chat: &chat{}, views: map[string]commands.View{}}}
	l.post = newPost(t, func(o *Options) {
		o.State = func() (State, error) { return l.porch, l.box.down }
		o.Chat = l.tabs
	})
	l.porch.mailbox = l.box
	l.answer = func(context.Context, commands.Asker, []ops.Target) (commands.View, error) {
		return commands.View{Parts: []commands.Part{{Section: &commands.Section{Title: "orders", Buttons: []commands.Button{{Name: "Terminate 4242"}}}}}}, nil
	}
	return l
}

func (l *lobby) opens(user string) string {
	l.keys++
	l.Home(context.Background(), Home{Key: fmt.Sprint("home ", l.keys), Who: id(user), At: time.Now()})
	return l.tabs.of(user)
}

func (l *lobby) redraws(t *testing.T) {
	t.Helper()
	if again, err := l.Redraw(t.Context()); err != nil || again != 0 {
		t.Fatal(again, err)
	}
}

const databases = "\nYour databases\n\norders\nTo type, in any channel"

func TestHomeOfEverybody(t *testing.T) {
	l := newLobby(t)
	first := l.wishes(t)
	l.wishes(t, func(r *approval.Request) { r.Words, r.Plan, r.Requester = "up orders 8", []byte("8"), lee })
	over := l.wishes(t, func(r *approval.Request) { r.Words, r.Plan = "up orders 9", []byte("9") })
	l.moves(over, ballot(mia, false, "no"))
	same(t, "ana", l.opens("U0ANA"), "Nothing waits for you\nYou asked for\n✋ #1 up orders [Withdraw]\nOf late\n⛔ #3 up orders 9"+databases)
	same(t, "lee", l.opens("U0LEE"), "1 request waits for you\nWaits for you\n✋ #1 up orders [Approve] [Reject]\nYou asked for\n✋ #2 up orders 8 [Withdraw]\nOf late\n⛔ #3 up orders 9"+databases)
	same(t, "mia", l.opens("U0MIA"), "2 requests wait for you\nWaits for you\n✋ #2 up orders 8 [Approve] [Reject]\n✋ #1 up orders [Approve] [Reject]\nOf late\n⛔ #3 up orders 9"+databases)
	same(t, "ben decides nothing", l.opens("U0BEN"), "Nothing waits for you\nOf late\n⛔ #3 up orders 9"+databases)

	l.moves(first, ballot(mia, true, ""))
	l.runs(first)
	l.redraws(t)
	same(t, "ana, while it runs", l.tabs.of("U0ANA"), "Nothing waits for you\nRuns now, or next\n⏳ #1 up orders [Cancel]\nOf late\n⛔ #3 up orders 9"+databases)
	same(t, "ben sees it too", l.tabs.of("U0BEN"), "Nothing waits for you\nRuns now, or next\n⏳ #1 up orders\nOf late\n⛔ #3 up orders 9"+databases)
	l.moves(first, finishes(approval.Succeeded, "", nil))
	l.redraws(t)
	same(t, "ana, afterwards", l.tabs.of("U0ANA"), "Nothing waits for you\nOf late\n⛔ #3 up orders 9\n✅ #1 up orders"+databases)
}

// Who has agreed already can only change their mind.
func TestHomeOfOneOfTwo(t *testing.T) {
	l := newLobby(t)
	id := l.wishes(t, func(r *approval.Request) { r.Terms.Count = 2 })
	l.moves(id, ballot(lee, true, ""))
	if got := l.opens("U0LEE"); !strings.Contains(got, "✋ #1 up orders [Reject]\n") {
		t.Error(got)
	}
}

// A press in a home tab decides, for its owner alone.
func TestHomeButtonsWork(t *testing.T) {
	l := newLobby(t)
	l.wishes(t)
	l.opens("U0LEE")
	token := l.tabs.views["U0LEE"].Parts[1].Section.Buttons[0].Token
	if got := l.pressesAt("U0MIA", "approve", token, Origin{Team: team}); !strings.HasPrefix(got, "fault: ") {
		t.Errorf("mia pressed lee's button: %q", got)
	}
	same(t, "lee", l.pressesAt("U0LEE", "approve", token, Origin{Team: team}), "")
	l.redraws(t)
	if got := l.tabs.of("U0LEE"); !strings.Contains(got, "Runs now, or next\n👍 #1 up orders\n") && !strings.Contains(got, "👍 #1 up orders [Reject]") {
		t.Error(got)
	}
}

// Only the tabs are drawn anew in which something is seen to change; progress is not, the card shows that.
func TestRedrawOnlyWhatChanged(t *testing.T) {
	l := newLobby(t)
	id := l.wishes(t)
	for _, user := range []string{"U0ANA", "U0BEN", "U0LEE"} {
		l.opens(user)
	}
	drawn := func() int { defer func() { l.tabs.drawn = 0 }(); l.redraws(t); return l.tabs.drawn }
	if n := drawn(); n != 3 { // by opening them
		t.Errorf("%d tabs drawn anew though nothing has changed", n-3)
	}
	l.moves(id, ballot(lee, true, ""))
	if n := drawn(); n != 3 {
		t.Errorf("%d of 3 tabs show that it was agreed to", n)
	}
	l.runs(id)
	if n := drawn(); n != 3 {
		t.Errorf("%d of 3 tabs show that it runs", n)
	}
	l.reports(id, 1, 2)
	if n := drawn(); n != 0 {
		t.Errorf("%d tabs drawn anew for a bar", n)
	}
}

func TestHomeInTrouble(t *testing.T) {
	t.Run("the state database is away", func(t *testing.T) {
		l := newLobby(t)
		l.box.down = &ops.Error{Message: "The state database does not answer."}
		same(t, "the databases are still there", l.opens("U0ANA"), "Your databases\norders\nTo type, in any channel")
		if notes := l.tabs.views["U0ANA"].Notes; notes[len(notes)-1].String() != "Requests cannot be shown now. The state database does not answer." {
			t.Error(notes)
		}
		if _, err := l.Redraw(t.Context()); !errors.Is(err, l.box.down) {
			t.Error(err)
		}
	})
	t.Run("the databases are slow", func(t *testing.T) {
		l := newLobby(t)
		l.wishes(t)
		l.answer = func(context.Context, commands.Asker, []ops.Target) (commands.View, error) {
			return commands.View{}, &ops.Error{Message: "No database answers."}
		}
		if got := l.opens("U0LEE"); !strings.Contains(got, "[Approve]") || !strings.Contains(l.tabs.views["U0LEE"].Text(), "Your databases\nNo database answers.") {
			t.Error(l.tabs.views["U0LEE"].Text())
		}
	})
	t.Run("there are no tokens", func(t *testing.T) {
		l := newLobby(t)
		l.wishes(t)
		l.box.away = func(call string) error {
			if call == "tokens" {
				return errors.New("away")
			}
			return nil
		}
		if got := l.opens("U0LEE"); strings.Contains(got, "[") || !strings.Contains(got, "✋ #1 up orders") {
			t.Error(got)
		}
	})
	t.Run("Slack refuses a drawing", func(t *testing.T) {
		l := newLobby(t)
		id := l.wishes(t)
		l.opens("U0LEE")
		l.tabs.fails = errors.New("ratelimited")
		l.moves(id, ballot(mia, true, ""))
		if again, err := l.Redraw(t.Context()); again != redrawAgain || err != nil {
			t.Error(again, err)
		}
		l.tabs.fails = nil
		l.redraws(t)
		if got := l.tabs.of("U0LEE"); !strings.Contains(got, "👍 #1 up orders [Reject]") {
			t.Error(got)
		}
	})
	t.Run("nobody knows who it is any more", func(t *testing.T) {
		l := newLobby(t)
		id := l.wishes(t)
		l.opens("U0LEE")
		l.people.persons.known = map[ops.PersonID]entry[ops.Person]{}
		l.directory.err = errors.New("ratelimited")
		l.moves(id, ballot(mia, true, ""))
		if again, err := l.Redraw(t.Context()); again != redrawAgain || err != nil || !strings.Contains(l.tabs.of("U0LEE"), "[Approve]") {
			t.Error(again, err, l.tabs.of("U0LEE"))
		}
	})
	t.Run("who has left sees nothing any more", func(t *testing.T) {
		l := newLobby(t)
		id := l.wishes(t)
		l.opens("U0LEE")
		l.people.persons.known = map[ops.PersonID]entry[ops.Person]{}
		l.directory.persons["U0LEE"] = ops.Deleted
		l.moves(id, ballot(mia, true, ""))
		l.redraws(t)
		if got := l.tabs.views["U0LEE"].Text(); strings.Contains(got, "up orders") {
			t.Error(got)
		}
	})
}

// Requests that somebody may not read are not in their tab, unless they asked for them.
func TestHomeShowsWhatMayBeRead(t *testing.T) {
	l := newLobby(t)
	l.Policy.Entries = []policy.Entry{{Environments: []string{policy.AnyEnvironment}, Rules: map[ops.Risk]policy.Rule{ops.Read: {Allow: []string{"leads"}}}}}
	l.people.policy = l.Policy
	wish := l.wishes(t)
	check := func(state approval.State) {
		all, err := readBoard(t.Context(), l.porch)
		if err != nil {
			t.Fatal(err)
		}
		in := l.people.read(t.Context())
		for user, want := range map[string]bool{"U0NEW": false, "U0ANA": true, "U0LEE": true} {
			if got := l.tabOf(all, id(user), in).parts(); (len(got) > 0) != want {
				t.Errorf("%s, %s: %v", user, state, got)
			}
		}
	}
	check(approval.Pending)
	l.moves(wish, ballot(mia, true, ""))
	l.runs(wish)
	check(approval.Running)
	l.moves(wish, finishes(approval.Succeeded, "", nil))
	check(approval.Succeeded)
}

func TestManyInOneTab(t *testing.T) {
	l := newLobby(t)
	for i := range maxInTab + 2 {
		l.wishes(t, func(r *approval.Request) { r.Plan = []byte(fmt.Sprint(i)) })
	}
	l.opens("U0LEE")
	if got := l.tabs.views["U0LEE"].Text(); !strings.HasPrefix(got, "10 requests wait for you") || !strings.Contains(got, "… and 2 older ones: /db requests") {
		t.Error(got)
	}
}
