package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"dbbot/commands"
	"dbbot/ops"
)

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

const onlyEngineers = "Only engineers may read orders (production). Ask one of them."

// Ana, an engineer, asks, looks again and shares; Ben, an engineer too, and Lee, who is none, press her buttons.
func TestAnAnswerAndItsButtons(t *testing.T) {
	w := newWorld(t)
	same(t, "ana asks", w.says("U0ANA", "status"), "only U0ANA: look 1 / orders and reporting [Refresh] [Share]")
	mine := w.chat.token
	same(t, "ana looks again", w.clicks("U0ANA", "refresh"), "message 1.1: look 2 / orders and reporting [Refresh] [Share]")
	same(t, "the same button", w.chat.token, mine)
	same(t, "ana shares what she sees", w.clicks("U0ANA", "share"), "C0ORDERS: look 2 / orders and reporting (by U0ANA) [Refresh]")
	shared := w.chat.token
	if shared == mine || shared == "" || len(shared) < 26 {
		t.Errorf("the shared message has the token %q, her own %q", shared, mine)
	}
	same(t, "ben looks again", w.presses("U0BEN", "Refresh", shared),
		"message 1.1: look 3 / orders and reporting / Refreshed by @U0BEN (by U0ANA) [Refresh]")
	same(t, "lee may see less, and takes nothing from the others", w.presses("U0LEE", "Refresh", shared),
		"only U0LEE: This answer tells about orders, which you may not read. /db whoami shows what you may do.")
	same(t, "gus is a guest", strings.SplitN(w.presses("U0GUS", "Refresh", shared), ":", 2)[0], "only U0GUS")
	same(t, "eve is not from here", strings.SplitN(w.presses("U0EVE", "Refresh", shared), ":", 2)[0], "only U0EVE")
	same(t, "ben presses what only ana can see", w.presses("U0BEN", "share", mine),
		"only U0BEN: This answer belongs to somebody else. Type the command yourself to get yours.")
	if w.asked != 3 {
		t.Errorf("the command was called %d times", w.asked)
	}
}

func TestWhatIsNotAllowedIsNotRead(t *testing.T) {
	w := newWorld(t)
	same(t, "one", w.says("U0LEE", "status orders"), "only U0LEE: "+onlyEngineers+" /db whoami shows what you may do.")
	same(t, "one of two", w.says("U0LEE", "status"), "only U0LEE: look 1 / reporting / Left out: orders. "+onlyEngineers+" [Refresh] [Share]")
	same(t, "about none", w.says("U0LEE", "whoami"), "only U0LEE: look 2 [Refresh] [Share]")
	same(t, "no such", w.says("U0ANA", "dance"), "only U0ANA: There is no command like that. /db help")
}

// Strangers hear why, each their own reason, and learn nothing: their words are not even looked at.
func TestStrangersAreRefused(t *testing.T) {
	w := newWorld(t)
	told := map[string]string{}
	for _, user := range []string{"U0GUS", "U0SIA", "U0DAN", "U0EVE", "U0BOT", "U0NOBODY"} {
		for _, words := range []string{"status", "whoami", "stauts", "up"} {
			got := w.says(user, words)
			if why, before := told[user]; before && why != got {
				t.Errorf("%s hears %q, and to other words %q", user, got, why)
			}
			told[user] = got
		}
	}
	reasons := map[string]bool{}
	for user, why := range told {
		reasons[strings.TrimPrefix(why, "only "+user+": ")] = true
	}
	if w.asked != 0 || len(reasons) != len(told) {
		t.Errorf("%d calls; the reasons: %q", w.asked, told)
	}
}

// Lee, who may not read orders, shares what she sees. Ana may read more: when she presses Refresh, the channel still
// sees what Lee chose to show.
func TestRefreshingShowsAChannelNoMore(t *testing.T) {
	w := newWorld(t)
	w.says("U0LEE", "status")
	w.clicks("U0LEE", "share")
	same(t, "ana looks again", w.clicks("U0ANA", "refresh"),
		"message 1.1: look 2 / reporting / Left out: orders, as when this was shared. / Refreshed by @U0ANA (by U0LEE) [Refresh]")
}

// What one may read one may not show to another organisation, and not where Slack does not say who reads.
func TestNothingIsSharedWithOutsiders(t *testing.T) {
	const outsiders = "only U0ANA: People of another organisation read this channel, so dbbot shows nothing to it. Share it in a channel of your own workspace."
	w := newWorld(t)
	same(t, "ana asks", w.says("U0ANA", "status"), "only U0ANA: look 1 / orders and reporting [Refresh] [Share]")
	mine := w.chat.token
	w.directory.shared = map[string]bool{"C0ORDERS": true}
	same(t, "shares", w.presses("U0ANA", "share", mine), outsiders)
	same(t, "looks again, alone", w.presses("U0ANA", "refresh", mine), "message 1.1: look 2 / orders and reporting [Refresh] [Share]")
	w.directory.shared = nil
	w.directory.err = errSlackDown // people are known for a minute, channels are asked about each time
	same(t, "shares, and Slack says nothing", w.presses("U0ANA", "share", mine), "only U0ANA: Slack did not say who reads this channel.")
	w.directory.err = nil
	w.presses("U0ANA", "share", mine)
	w.directory.shared = map[string]bool{"C0ORDERS": true}
	same(t, "looks again where outsiders have come since", w.clicks("U0ANA", "refresh"), outsiders)
	if w.asked != 2 {
		t.Errorf("the command was called %d times", w.asked)
	}
}

func TestButtonsThatLeadNowhere(t *testing.T) {
	w := newWorld(t)
	same(t, "no such token", w.presses("U0ANA", "refresh", "FORGED"), "only U0ANA: This answer is over 30 minutes old. Type the command again.")
	w.says("U0ANA", "status")
	same(t, "no such button", w.clicks("U0ANA", "approve"), "only U0ANA: dbbot does not know this button. It is from another version; type the command again.")
	w.desk.kept[w.chat.token] = []byte("null and void")
	same(t, "unreadable", w.clicks("U0ANA", "share"), "only U0ANA: This answer is over 30 minutes old. Type the command again.")
}

func TestSharingNeedsTheRightToRead(t *testing.T) {
	w := newWorld(t)
	w.says("U0ANA", "status")
	w.people.rosters = newCache(w.Log, func(context.Context, string) ([]string, error) { return nil, nil }) // she has left the group
	same(t, "shares both", w.clicks("U0ANA", "share"), "only U0ANA: This answer tells about orders, which you may not read. /db whoami shows what you may do.")
	w.says("U0ANA", "status reporting")
	same(t, "shares one", w.clicks("U0ANA", "share"), "C0ORDERS: look 2 / reporting (by U0ANA) [Refresh]")
}

func TestADirectMessageHasNobodyToShareWith(t *testing.T) {
	w := newWorld(t)
	w.Invoke(t.Context(), Invoke{Key: "1", Who: id("U0ANA"), Text: "status", Origin: Origin{Team: team, Channel: "D0ANA", Direct: true}, At: time.Now()})
	same(t, "asks", w.chat.since(), "only U0ANA: look 1 / orders and reporting [Refresh]")
}

func TestAMentionInAThreadIsAnsweredThere(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Catalogue = commands.All(commands.Toolbox{}) })
	for key, words := range map[string]string{"1": "", "2": "help", "3": "<@U0DBBOT> help", "4": "please help me"} {
		w.Invoke(t.Context(), Invoke{Key: key, Who: id("U0ANA"), Text: words, Origin: Origin{Team: team, Channel: "C0ORDERS", Thread: "1.5"}, At: time.Now()})
		if got := w.chat.since(); !strings.HasPrefix(got, "only U0ANA in thread 1.5: What dbbot can do") {
			t.Errorf("%q: %s", words, got)
		}
	}
}

func TestRepeatsEndSilently(t *testing.T) {
	w := newWorld(t)
	act := Invoke{Key: "Ev1", Who: id("U0ANA"), Text: "status", At: time.Now()}
	w.Invoke(t.Context(), act)
	w.Invoke(t.Context(), act)
	same(t, "once", w.chat.since(), "only U0ANA: look 1 / orders and reporting [Refresh] [Share]")
	if !strings.Contains(w.log.String(), "outcome=repeated") {
		t.Errorf("the log: %s", w.log)
	}
}

func TestTooManyAreToldHowLongToWait(t *testing.T) {
	w := newWorld(t)
	w.desk.wait = 2300 * time.Millisecond
	same(t, "too many", w.says("U0ANA", "status"), "only U0ANA: That was a lot at once. Try again in 3 s.")
	w.desk.wait = time.Millisecond
	same(t, "hardly", w.says("U0ANA", "status"), "only U0ANA: That was a lot at once. Try again in 1 s.")
}

func TestHomeTab(t *testing.T) {
	w := newWorld(t)
	open := func(user, key string) string {
		w.Home(t.Context(), Home{Key: key, Who: id(user), At: time.Now()})
		return w.chat.since()
	}
	got := open("U0LEE", "1")
	if !strings.HasPrefix(got, "home of U0LEE: Your databases / reporting / To type") || !strings.Contains(got, "Left out: orders") || strings.Contains(got, "[") {
		t.Errorf("lee's home: %s", got)
	}
	if got := open("U0GUS", "2"); !strings.HasPrefix(got, "home of U0GUS: ") || strings.Contains(got, "reporting") {
		t.Errorf("gus' home: %s", got)
	}
	same(t, "a repeat", open("U0LEE", "1"), "")
}

func TestAskNeedsNoChat(t *testing.T) {
	w := newWorld(t, func(o *Options) { *o = Options{Catalogue: o.Catalogue, Log: o.Log} })
	view, err := w.Ask(t.Context(), ops.Person{Name: "operator"}, "status")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "both", view.Text(), "look 1\n\norders and reporting")
	_, err = w.Ask(t.Context(), ops.Person{}, "up")
	same(t, "a change", err.Error(), "At the terminal dbbot answers questions only.")
	_, err = w.Ask(t.Context(), ops.Person{}, "dance")
	same(t, "no such", err.Error(), "There is no command like that.")
	w.answer = func(_ context.Context, asker commands.Asker, _ []ops.Target) (commands.View, error) {
		reads, _ := asker.May(ops.Read, orders)
		changes, why := asker.May(ops.Change, orders)
		return commands.View{Lead: commands.Say(fmt.Sprint(asker.Terminal, " ", reads, " ", changes, " ", why))}, nil
	}
	view, _ = w.Ask(t.Context(), ops.Person{}, "whoami")
	same(t, "rights", view.Text(), "true true false At the terminal dbbot answers questions only.")
	w.answer = func(context.Context, commands.Asker, []ops.Target) (commands.View, error) { panic("secret") }
	_, err = w.Ask(t.Context(), ops.Person{}, "status")
	same(t, "broken", err.Error(), "Something went wrong here, not with what you typed.")
}

func TestLoad(t *testing.T) {
	w := newWorld(t)
	during := 0
	w.answer = func(context.Context, commands.Asker, []ops.Target) (commands.View, error) {
		during, _ = w.Load()
		return commands.View{}, nil
	}
	w.says("U0ANA", "status")
	w.says("U0ANA", "dance")
	if _, answered := w.Load(); during != 1 || answered != 1 {
		t.Errorf("%d were being answered, %d were answered", during, answered)
	}
}

func TestMetricsHaveFewLabels(t *testing.T) {
	w := newWorld(t)
	for _, words := range []string{"status", "status orders", "dance", "drop table", "whoami"} {
		w.says("U0ANA", words)
	}
	w.says("U0GUS", "status")
	want := `
# HELP dbbot_requests_total Commands, clicks and home tabs, by command and outcome.
# TYPE dbbot_requests_total counter
dbbot_requests_total{command="none",outcome="misunderstood"} 2
dbbot_requests_total{command="none",outcome="refused"} 1
dbbot_requests_total{command="status",outcome="answered"} 2
dbbot_requests_total{command="whoami",outcome="answered"} 1
`
	if err := testutil.GatherAndCompare(w.registry, strings.NewReader(want), "dbbot_requests_total"); err != nil {
		t.Error(err)
	}
}

// Whatever somebody types, they hear exactly one answer, and the log does not repeat their words.
func TestEveryCommandHasOneAnswer(t *testing.T) {
	catalogue := commands.All(commands.Toolbox{Databases: []ops.Target{orders, reporting}})
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, func(o *Options) { o.Catalogue = catalogue })
		user := rapid.SampledFrom([]string{"U0ANA", "U0LEE", "U0GUS", "U0EVE"}).Draw(rt, "user")
		words := rapid.SampledFrom([]string{"", "help ", "whoami ", "<!channel> ", "\"", "/db "}).Draw(rt, "begin") + "hunter2" + rapid.String().Draw(rt, "words")
		got := w.says(user, words)
		if strings.Count(got, "only "+user+": ") != 1 || strings.Contains(w.log.String(), "hunter2") || strings.Contains(w.log.String(), "panic") {
			rt.Fatalf("%q: %q\n%s", words, got, w.log)
		}
	})
}
