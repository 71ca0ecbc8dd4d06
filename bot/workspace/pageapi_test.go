package workspace

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestThePageSeesWhatThePersonSees(t *testing.T) {
	w := open(t, nil)
	for user, want := range map[string][]string{
		"U0ANA": {"C0GENERAL", "C0QUIET", "C0OLD", "C0PARTNER", "D0ANA"},
		"U0LEE": {"C0GENERAL", "C0QUIET", "C0OLD", "C0PARTNER", "G0LEADS", "G0SECRET", "D0LEE"},
		"U0GUS": {"C0GENERAL", "D0GUS"},
		"U0EVE": {"C0PARTNER"},
	} {
		_, _, body := w.send("GET", "/page/boot?as="+user, "")
		boot := decode(t, []byte(body))
		if got := idsIn(at(boot, "channels")); !slices.Equal(got, want) {
			t.Errorf("%s sees %v, want %v", user, got, want)
		}
		if at(boot, "me") != user || at(boot, "app", "bot_user") != "U0BOT" || at(boot, "commands", 0, "command") != "/db" {
			t.Errorf("boot of %s: %s", user, body)
		}
	}
	_, _, body := w.send("GET", "/page/boot", "")
	if got := at(decode(t, []byte(body)), "me"); got != "U0ANA" {
		t.Errorf("a page that has not chosen begins as %v", got)
	}
	for path, want := range map[string]string{
		"/page/history?as=U0GUS&channel=C0QUIET": "channel_not_found",
		"/page/history?as=U0DAN&channel=C0QUIET": "account_inactive",
		"/page/history?as=U0X&channel=C0QUIET":   "user_not_found",
	} {
		_, _, body := w.send("GET", path, "")
		if got := at(decode(t, []byte(body)), "error"); got != want {
			t.Errorf("%s: %s, want %s", path, body, want)
		}
	}
}

func TestSayingAndItsLimits(t *testing.T) {
	w := open(t, func(cfg *Config) { cfg.Apps[0].MessagesTabReadOnly = true })
	for _, c := range []struct{ user, channel, text, want string }{
		{"U0ANA", "C0GENERAL", "hi", ""},
		{"U0ANA", "C0GENERAL", " ", "no_text"},
		{"U0BEN", "C0QUIET", "hi", "not_in_channel"},
		{"U0ANA", "C0OLD", "hi", "is_archived"},
		{"U0EVE", "C0GENERAL", "hi", "channel_not_found"},
		{"U0ANA", "D0ANA", "hi", "messages_tab_read_only"},
	} {
		if _, err := w.Say(c.user, c.channel, "", c.text); codeOf(err) != c.want {
			t.Errorf("%s says %q in %s: %v, want %q", c.user, c.text, c.channel, err, c.want)
		}
	}
	off := open(t, func(cfg *Config) { cfg.Apps[0].MessagesTab = false })
	if got := off.api("chat.postMessage", "channel", "D0ANA", "text", "hi"); got["error"] != "messages_tab_disabled" {
		t.Errorf("a direct message with the messages tab off: %v", got)
	}
}

func TestAStreamThatBreaksCanGoOn(t *testing.T) {
	w := open(t, unlimited)
	page := w.stream("U0ANA", "")
	page.next("ready")
	w.botPosts("C0GENERAL", "text", "one")
	_, id := page.next("message")
	w.botPosts("C0GENERAL", "text", "two")
	w.botPosts("G0LEADS", "text", "not for Ana")
	w.api("chat.postEphemeral", "channel", "C0GENERAL", "user", "U0LEE", "text", "not for Ana either")
	w.botPosts("C0GENERAL", "text", "three")
	again := w.stream("U0ANA", id)
	for _, want := range []string{"two", "three"} {
		if m, _ := again.next("message"); at(m, "message", "text") != want {
			t.Errorf("the stream went on with %v, want %s", m, want)
		}
	}
	last, err := strconv.Atoi(id)
	if err != nil {
		t.Fatal(err)
	}
	for name, unknown := range map[string]string{"nonsense": "x", "an id of the future": strconv.Itoa(last + 1_000_000)} {
		w.stream("U0ANA", unknown).next("reload")
		_ = name
	}
	for i := range streamKept + 10 {
		w.botPosts("C0GENERAL", "text", strconv.Itoa(i))
	}
	w.stream("U0ANA", id).next("reload") // too much was missed
}

func TestWhatThePageIsTold(t *testing.T) {
	w := open(t, unlimited)
	page := w.stream("U0ANA", "")
	page.next("ready")
	ts := w.botPosts("C0GENERAL", "text", "one")
	w.api("chat.update", "channel", "C0GENERAL", "ts", ts, "text", "two")
	if m, _ := page.next("changed"); at(m, "message", "text") != "two" {
		t.Errorf("changed: %v", m)
	}
	reply := w.botPosts("C0GENERAL", "text", "three", "thread_ts", ts)
	if m, _ := page.next("changed"); at(m, "message", "reply_count") != float64(1) {
		t.Errorf("the thread: %v", m)
	}
	w.api("chat.delete", "channel", "C0GENERAL", "ts", reply)
	if m, _ := page.next("deleted"); at(m, "ts") != reply || at(m, "channel") != "C0GENERAL" {
		t.Errorf("deleted: %v", m)
	}
	w.connect()
	if m, _ := page.next("app"); at(m, "sockets") != float64(1) {
		t.Errorf("app: %v", m)
	}
	w.SetMember("C0QUIET", "U0ANA", false)
	if m, _ := page.next("channel"); at(m, "channel", "id") != "C0QUIET" || at(m, "channel", "visible") != true {
		t.Errorf("a public channel that Ana left: %v", m)
	}
	w.api("auth.test")
	if m, _ := page.next("call"); at(m, "method") == nil || at(m, "id") == nil {
		t.Errorf("call: %v", m)
	}
}

func TestNoOtherSiteMayType(t *testing.T) {
	w := open(t, nil)
	for path, who := range map[string]string{"/page/say": "as", "/control/say": "user"} {
		body := asJSON(t, fields{who: "U0ANA", "channel": "C0GENERAL", "text": "hi"})
		for origin, want := range map[string]int{"https://evil.example": 403, w.url: 200} {
			if status, _, text := w.send("POST", path, body, "Origin", origin, "Content-Type", "text/plain"); status != want {
				t.Errorf("%s from %s: %d %s, want %d", path, origin, status, text, want)
			}
		}
	}
	if got := len(w.Messages("C0GENERAL", "")); got != 2 {
		t.Errorf("%d messages were written, want the 2 of the page itself", got)
	}
}

// A permalink has Slack's path and this host, and leads to its message on the page.
func TestPermalinks(t *testing.T) {
	w := open(t, nil)
	card := w.api("chat.postMessage", "channel", "C0GENERAL", "text", "a card")["ts"].(string)
	reply := w.api("chat.postMessage", "channel", "C0GENERAL", "text", "a reply", "thread_ts", card)["ts"].(string)
	flat := func(ts string) string { return "/archives/C0GENERAL/p" + strings.ReplaceAll(ts, ".", "") }
	for ts, want := range map[string][2]string{
		card:  {flat(card), "/?channel=C0GENERAL#" + card},
		reply: {flat(reply) + "?thread_ts=" + card + "&cid=C0GENERAL", "/?channel=C0GENERAL&thread=" + card + "#" + reply},
	} {
		link, _ := w.api("chat.getPermalink", "channel", "C0GENERAL", "message_ts", ts)["permalink"].(string)
		path, here := strings.CutPrefix(link, w.url)
		if !here || path != want[0] {
			t.Errorf("the link is %s, want %s", link, want[0])
		}
		w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		status, header, _ := w.send("GET", path, "")
		if status != http.StatusFound || header.Get("Location") != want[1] {
			t.Errorf("%s leads to %s (%d), want %s", path, header.Get("Location"), status, want[1])
		}
	}
	for _, path := range []string{"/archives/C0GENERAL/p1", "/archives/C0GENERAL/1764000000000100", "/archives/C0GENERAL"} {
		if status, _, _ := w.send("GET", path, ""); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}
