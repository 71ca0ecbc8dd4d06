package workspace

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWhatIsSaidOfPeople(t *testing.T) {
	w := open(t, unlimited)
	for user, want := range map[string]map[string]any{
		"U0ANA":  {"deleted": false, "is_bot": false, "is_restricted": false, "is_ultra_restricted": false, "team_id": "T0SHOP", "is_stranger": nil},
		"U0GUS":  {"is_restricted": true, "is_ultra_restricted": false},
		"U0SIA":  {"is_restricted": true, "is_ultra_restricted": true},
		"U0DAN":  {"deleted": true, "is_restricted": nil},
		"U0BOT":  {"is_bot": true},
		"U0EVE":  {"team_id": "T0OTHER", "is_stranger": false}, // she shares #partner with the bot
		slackbot: {"is_bot": false},
	} {
		got := at(w.api("users.info", "user", user), "user")
		for name, value := range want {
			if at(got, name) != value {
				t.Errorf("%s of %s is %v, want %v", name, user, at(got, name), value)
			}
		}
		if at(got, "profile", "email") != nil {
			t.Errorf("the e-mail address of %s is said without the scope for it", user)
		}
	}
	w.SetScope("", "users:read.email", true)
	if got := w.api("users.lookupByEmail", "email", "ana@shop.example"); at(got, "user", "id") != "U0ANA" || at(got, "user", "profile", "email") != "ana@shop.example" {
		t.Errorf("by e-mail: %v", got)
	}
	w.SetMember("C0PARTNER", "U0BOT", false)
	if got := w.api("users.info", "user", "U0EVE"); at(got, "user", "is_stranger") != true {
		t.Errorf("somebody the bot shares no channel with: %v", got)
	}
}

func idsIn(list any) (out []string) {
	items, _ := list.([]any)
	for _, item := range items {
		if id, ok := item.(string); ok {
			out = append(out, id)
		} else {
			out = append(out, fmt.Sprint(at(item, "id")))
		}
	}
	return out
}

func TestListsAndTheirPages(t *testing.T) {
	w := open(t, unlimited)
	for name, c := range map[string]struct {
		got  any
		want []string
	}{
		"public channels":  {w.api("conversations.list")["channels"], []string{"C0GENERAL", "C0QUIET", "C0OLD", "C0PARTNER"}},
		"without archived": {w.api("conversations.list", "exclude_archived", "true")["channels"], []string{"C0GENERAL", "C0QUIET", "C0PARTNER"}},
		"private channels": {w.api("conversations.list", "types", "private_channel")["channels"], []string{"G0LEADS"}},
		"the bot's own":    {w.api("users.conversations")["channels"], []string{"C0GENERAL", "C0OLD", "C0PARTNER"}},
		"Ana's":            {w.api("users.conversations", "user", "U0ANA")["channels"], []string{"C0GENERAL", "C0QUIET", "C0OLD", "C0PARTNER"}},
		"user groups":      {w.api("usergroups.list")["usergroups"], []string{"S0LEADS"}},
		"active members":   {w.api("usergroups.users.list", "usergroup", "S0LEADS")["users"], []string{"U0LEE"}},
		"members":          {w.api("conversations.members", "channel", "C0PARTNER")["members"], []string{"U0EVE", "U0ANA", "U0BEN", "U0LEE", "U0BOT"}},
		"an IM":            {[]any{w.api("conversations.open", "users", "U0ANA")["channel"]}, []string{"D0ANA"}},
		"an IM by its id":  {[]any{w.api("conversations.open", "channel", "D0ANA")["channel"]}, []string{"D0ANA"}},
		"a joined channel": {[]any{w.api("conversations.join", "channel", "C0QUIET")["channel"]}, []string{"C0QUIET"}},
	} {
		if got := idsIn(c.got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	var all []string
	for cursor := ""; ; {
		page := w.api("users.list", "limit", "3", "cursor", cursor)
		if got := idsIn(page["members"]); len(got) > 3 || len(got) == 0 {
			t.Fatalf("a page of three holds %v", got)
		} else {
			all = append(all, got...)
		}
		if cursor, _ = at(page, "response_metadata", "next_cursor").(string); cursor == "" {
			break
		}
	}
	if want := []string{slackbot, "U0ANA", "U0BEN", "U0LEE", "U0GUS", "U0SIA", "U0DAN", "U0BOT"}; !slices.Equal(all, want) {
		t.Errorf("all people, by pages: %v, want %v", all, want)
	}
}

func TestAFreePlanHasNoUserGroups(t *testing.T) {
	w := open(t, func(cfg *Config) { cfg.FreePlan = true })
	for _, method := range []string{"usergroups.list", "usergroups.users.list"} {
		if got := w.api(method, "usergroup", "S0LEADS"); got["error"] != "plan_upgrade_required" {
			t.Errorf("%s: %v", method, got)
		}
	}
}

func TestSharedChannelsSaySo(t *testing.T) {
	w := open(t, nil)
	for channel, want := range map[string]bool{"C0PARTNER": true, "C0GENERAL": false} {
		if got := w.api("conversations.info", "channel", channel, "include_num_members", "true"); at(got, "channel", "is_ext_shared") != want ||
			at(got, "channel", "num_members") == nil {
			t.Errorf("%s: %v", channel, got)
		}
	}
}

func TestAThreadNamesFiveAndCountsAll(t *testing.T) {
	w := open(t, unlimited)
	parent := w.botPosts("C0GENERAL", "text", "question")
	w.botPosts("C0GENERAL", "text", "one", "thread_ts", parent)
	people := []string{"U0ANA", "U0BEN", "U0LEE", "U0GUS", "U0SIA"}
	for _, user := range slices.Concat(people, people) {
		if _, err := w.Say(user, "C0GENERAL", parent, "me too"); err != nil {
			t.Fatal(err)
		}
	}
	m := w.Messages("C0GENERAL", "")[0]
	if m.ReplyCount != 11 || m.ReplyUserNo != 6 || !slices.Equal(m.ReplyUsers, append([]string{"U0BOT"}, people[:4]...)) {
		t.Errorf("the channel shows %+v", m)
	}
}

func TestThreadsAreCounted(t *testing.T) {
	w := open(t, unlimited)
	parent, err := w.Say("U0ANA", "C0GENERAL", "", "question")
	if err != nil {
		t.Fatal(err)
	}
	first := w.botPosts("C0GENERAL", "text", "one", "thread_ts", parent)
	w.botPosts("C0GENERAL", "text", "two", "thread_ts", first) // a reply's own timestamp leads to its thread
	if _, err := w.Say("U0BEN", "C0GENERAL", parent, "three"); err != nil {
		t.Fatal(err)
	}
	last := w.botPosts("C0GENERAL", "text", "four", "thread_ts", parent, "reply_broadcast", "true")
	m := w.Messages("C0GENERAL", "")
	if len(m) != 2 || m[0].ReplyCount != 4 || m[0].LatestReply != last || !slices.Equal(m[0].ReplyUsers, []string{"U0BOT", "U0BEN"}) {
		t.Errorf("the channel shows %+v", m)
	}
	if m[1].Subtype != "thread_broadcast" {
		t.Errorf("the broadcast reply is %+v", m[1])
	}
	texts := func(list any) (out []string) {
		items, _ := list.([]any)
		for _, item := range items {
			out = append(out, at(item, "text").(string))
		}
		return out
	}
	for name, c := range map[string]struct {
		got  any
		want []string
	}{
		"history":            {w.api("conversations.history", "channel", "C0GENERAL")["messages"], []string{"four", "question"}},
		"replies":            {w.api("conversations.replies", "channel", "C0GENERAL", "ts", parent)["messages"], []string{"question", "one", "two", "three", "four"}},
		"replies of a reply": {w.api("conversations.replies", "channel", "C0GENERAL", "ts", first)["messages"], []string{"question", "one", "two", "three", "four"}},
		"oldest":             {w.api("conversations.history", "channel", "C0GENERAL", "oldest", parent)["messages"], []string{"four"}},
		"oldest inclusive":   {w.api("conversations.history", "channel", "C0GENERAL", "oldest", parent, "inclusive", "true")["messages"], []string{"four", "question"}},
		"latest":             {w.api("conversations.history", "channel", "C0GENERAL", "latest", last)["messages"], []string{"question"}},
		"one message":        {w.api("conversations.history", "channel", "C0GENERAL", "limit", "1")["messages"], []string{"four"}},
	} {
		if got := texts(c.got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	page := w.api("conversations.history", "channel", "C0GENERAL", "limit", "1")
	next, _ := at(page, "response_metadata", "next_cursor").(string)
	if got := texts(w.api("conversations.history", "channel", "C0GENERAL", "limit", "1", "cursor", next)["messages"]); page["has_more"] != true || !slices.Equal(got, []string{"question"}) {
		t.Errorf("the second page is %v", got)
	}
	w.api("chat.delete", "channel", "C0GENERAL", "ts", first)
	if got := w.Messages("C0GENERAL", "")[0].ReplyCount; got != 3 {
		t.Errorf("after a reply was deleted %d are counted", got)
	}
}

func TestUpdatingAMessage(t *testing.T) {
	w := open(t, unlimited)
	ts := w.botPosts("C0GENERAL", "text", "one", "blocks", sections(t, 1, 5), "metadata", `{"event_type":"x","event_payload":{"id":"7"}}`, "unfurl_links", "true", "unfurl_media", "false")
	before := w.Messages("C0GENERAL", "")[0]
	if !before.UnfurlLinks || before.UnfurlMedia {
		t.Errorf("the unfurl flags were not kept: %+v", before)
	}
	w.api("chat.update", "channel", "C0GENERAL", "ts", ts, "text", "two", "blocks", sections(t, 2, 5))
	if m := w.Messages("C0GENERAL", "")[0]; m.Edited != nil || m.Text != "two" || m.Metadata == nil {
		t.Errorf("with blocks it is %+v", m)
	}
	w.api("chat.update", "channel", "C0GENERAL", "ts", ts, "text", "three")
	if m := w.Messages("C0GENERAL", "")[0]; m.Edited == nil || m.Blocks != nil || m.Text != "three" {
		t.Errorf("text without blocks leaves %+v", m)
	}
	if got := w.api("conversations.history", "channel", "C0GENERAL"); at(got, "messages", 0, "metadata") != nil {
		t.Errorf("metadata that nobody asked for: %v", got)
	}
	if got := w.api("conversations.history", "channel", "C0GENERAL", "include_all_metadata", "true"); at(got, "messages", 0, "metadata", "event_payload", "id") != "7" {
		t.Errorf("metadata that was asked for: %v", got)
	}
}

func TestIdsAreFilledIn(t *testing.T) {
	w := open(t, unlimited)
	got := w.api("chat.postMessage", "channel", "C0GENERAL", "text", "x", "blocks",
		`[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"A"}},{"type":"button","text":{"type":"plain_text","text":"B"},"action_id":"mine"}]},{"type":"divider","block_id":"kept"}]`)
	block := at(got, "message", "blocks", 0)
	if at(block, "block_id") == nil || at(block, "elements", 0, "action_id") == nil || at(block, "elements", 1, "action_id") != "mine" ||
		at(got, "message", "blocks", 1, "block_id") != "kept" {
		t.Errorf("the blocks are %v", at(got, "message", "blocks"))
	}
}

func TestInvalidBlocksNameTheirPlace(t *testing.T) {
	w := open(t, unlimited)
	got := w.api("chat.postMessage", "channel", "C0GENERAL", "blocks", `[{"type":"divider"},{"type":"header","text":{"type":"plain_text","text":""}}]`)
	reasons, _ := at(got, "response_metadata", "messages").([]any)
	if got["error"] != "invalid_blocks" || len(reasons) == 0 || !slices.ContainsFunc(reasons, func(r any) bool { return contains(r, "/blocks/1/text") }) {
		t.Errorf("the refusal is %v", got)
	}
}

func TestOldMessagesGo(t *testing.T) {
	w := open(t, func(cfg *Config) { unlimited(cfg); cfg.Limits.Messages = 10 })
	for i := range 25 {
		w.botPosts("C0GENERAL", "text", fmt.Sprint(i))
	}
	if got := w.Messages("C0GENERAL", ""); len(got) > 11 || got[len(got)-1].Text != "24" {
		t.Errorf("%d messages are kept", len(got))
	}
}

func contains(text any, part string) bool { return strings.Contains(fmt.Sprint(text), part) }
