package workspace

import (
	"fmt"
	"strings"
	"testing"
)

func TestTokensAreLookedAtFirst(t *testing.T) {
	w := open(t, nil)
	for _, c := range []struct{ method, token, want string }{
		{"chat.postMessage", "", "not_authed"},
		{"chat.postMessage", "xoxb-wrong", "invalid_auth"},
		{"chat.postMessage", appTokenOfShop, "not_allowed_token_type"},
		{"apps.connections.open", botTokenOfShop, "not_allowed_token_type"},
		{"apps.connections.open", "", "not_authed"},
		{"auth.test", botTokenOfShop, ""},
		{"auth.test", appTokenOfShop, ""},
		{"api.test", "", ""},
		{"no.such", botTokenOfShop, "unknown_method"},
	} {
		if got, _ := w.apiAs(c.token, c.method)["error"].(string); got != c.want {
			t.Errorf("%s with %q: %q, want %q", c.method, c.token, got, c.want)
		}
	}
	w.RevokeToken("", "bot", true)
	if got := w.api("auth.test"); got["error"] != "token_revoked" {
		t.Errorf("with a revoked token: %v", got)
	}
	w.RevokeToken("", "bot", false)
	if got := w.api("auth.test"); got["user_id"] != "U0BOT" || got["team_id"] != "T0SHOP" || got["bot_id"] != "B0BOT" {
		t.Errorf("auth.test: %v", got)
	}
}

func TestArgumentsComeInAnyForm(t *testing.T) {
	w := open(t, unlimited)
	const bearer = "Bearer " + botTokenOfShop
	blocks := `[{"type":"divider"}]`
	multipart := "--x\r\nContent-Disposition: form-data; name=\"channel\"\r\n\r\nC0GENERAL\r\n--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhi\r\n--x--\r\n"
	for name, c := range map[string]struct {
		body, kind, token string
		want              string // an error
		warn              string
	}{
		"form, token in the header":  {body: "channel=C0GENERAL&text=hi", kind: "application/x-www-form-urlencoded", token: bearer},
		"form, token in the body":    {body: "channel=C0GENERAL&text=hi&token=" + botTokenOfShop, kind: "application/x-www-form-urlencoded"},
		"form, needless charset":     {body: "channel=C0GENERAL&text=hi", kind: "application/x-www-form-urlencoded; charset=utf-8", token: bearer, warn: "superfluous_charset"},
		"form, blocks as a string":   {body: "channel=C0GENERAL&blocks=" + blocks, kind: "application/x-www-form-urlencoded", token: bearer},
		"multipart":                  {body: multipart, kind: "multipart/form-data; boundary=x", token: bearer},
		"json":                       {body: `{"channel":"C0GENERAL","text":"hi"}`, kind: "application/json; charset=utf-8", token: bearer},
		"json without a charset":     {body: `{"channel":"C0GENERAL","text":"hi"}`, kind: "application/json", token: bearer, warn: "missing_charset"},
		"json, blocks as an array":   {body: `{"channel":"C0GENERAL","blocks":` + blocks + `}`, kind: "application/json; charset=utf-8", token: bearer},
		"json, blocks as a string":   {body: fmt.Sprintf(`{"channel":"C0GENERAL","blocks":%q}`, blocks), kind: "application/json; charset=utf-8", token: bearer},
		"json, token in the body":    {body: `{"channel":"C0GENERAL","text":"hi","token":"` + botTokenOfShop + `"}`, kind: "application/json; charset=utf-8", want: "not_authed"},
		"json that is none":          {body: `{"channel":`, kind: "application/json; charset=utf-8", token: bearer, want: "invalid_json"},
		"json that is a list":        {body: `[1]`, kind: "application/json; charset=utf-8", token: bearer, want: "json_not_object"},
		"blocks that are not json":   {body: "channel=C0GENERAL&blocks=[", kind: "application/x-www-form-urlencoded", token: bearer, want: "invalid_blocks_format"},
		"blocks that are no array":   {body: "channel=C0GENERAL&blocks={}", kind: "application/x-www-form-urlencoded", token: bearer, want: "invalid_blocks_format"},
		"a body larger than we take": {body: "channel=C0GENERAL&text=" + strings.Repeat("x", bodyLimit), kind: "application/x-www-form-urlencoded", token: bearer, want: "request_too_large"},
	} {
		_, _, body := w.send("POST", "/api/chat.postMessage", c.body, "Content-Type", c.kind, "Authorization", c.token)
		got := decode(t, []byte(body))
		if code, _ := at(got, "error").(string); code != c.want {
			t.Errorf("%s: %s, want %q", name, body, c.want)
		}
		if warning, _ := at(got, "warning").(string); warning != c.warn {
			t.Errorf("%s: warning %q, want %q", name, warning, c.warn)
		}
	}
}

func TestScopesAreSaidAndAskedFor(t *testing.T) {
	w := open(t, unlimited)
	_, header, _ := w.send("POST", "/api/users.info?user=U0ANA", "", "Authorization", "Bearer "+botTokenOfShop)
	if got := header.Get("X-OAuth-Scopes"); !strings.HasPrefix(got, "chat:write,commands,") {
		t.Errorf("X-OAuth-Scopes: %q", got)
	}
	if got := header.Get("X-Accepted-OAuth-Scopes"); got != "users:read" {
		t.Errorf("X-Accepted-OAuth-Scopes: %q", got)
	}
	for _, c := range []struct{ scope, method, args string }{
		{"chat:write", "chat.postMessage", "channel=C0GENERAL text=hi"},
		{"users:read", "users.info", "user=U0ANA"},
		{"usergroups:read", "usergroups.users.list", "usergroup=S0LEADS"},
		{"channels:read", "conversations.info", "channel=C0GENERAL"},
		{"groups:read", "conversations.info", "channel=G0LEADS"},
		{"im:read", "conversations.info", "channel=D0ANA"},
		{"groups:read", "conversations.list", "types=public_channel,private_channel"},
		{"channels:history", "conversations.history", "channel=C0GENERAL"},
		{"groups:history", "conversations.history", "channel=G0LEADS"},
		{"im:history", "conversations.history", "channel=D0ANA"},
		{"files:write", "files.getUploadURLExternal", "filename=a length=1"},
		{"im:write", "conversations.open", "users=U0ANA"},
		{"channels:join", "conversations.join", "channel=C0QUIET"},
	} {
		w.SetScope("", c.scope, false)
		got := w.api(c.method, pairs(c.args)...)
		provided, _ := got["provided"].(string)
		if got["error"] != "missing_scope" || got["needed"] != c.scope || provided == "" || strings.Contains(","+provided+",", ","+c.scope+",") {
			t.Errorf("%s %s without %s: %v", c.method, c.args, c.scope, got)
		}
		w.SetScope("", c.scope, true)
		if got := w.api(c.method, pairs(c.args)...); got["ok"] != true {
			t.Errorf("%s %s with %s: %v", c.method, c.args, c.scope, got)
		}
	}
}

// pairs reads arguments as a=b c=d.
func pairs(args string) []string {
	var out []string
	for field := range strings.FieldsSeq(args) {
		name, value, _ := strings.Cut(field, "=")
		out = append(out, name, value)
	}
	return out
}

func TestMethodsAndTheirErrors(t *testing.T) {
	w := open(t, unlimited)
	mine := w.botPosts("C0GENERAL", "text", "mine")
	theirs, err := w.Say("U0ANA", "C0GENERAL", "", "theirs")
	if err != nil {
		t.Fatal(err)
	}
	w.api("chat.postEphemeral", "channel", "C0GENERAL", "user", "U0ANA", "text", "psst")
	psst := w.Messages("C0GENERAL", "U0ANA")[2].TS
	long, bytes := strings.Repeat("x", 4001), strings.Repeat("é", 2001)
	w.refusals([]call{
		{"chat.postMessage", []string{"text", "hi"}, "invalid_arguments"},
		{"chat.postMessage", []string{"channel", "C0NONE", "text", "hi"}, "channel_not_found"},
		{"chat.postMessage", []string{"channel", "C0QUIET", "text", "hi"}, "not_in_channel"},
		{"chat.postMessage", []string{"channel", "G0SECRET", "text", "hi"}, "channel_not_found"},
		{"chat.postMessage", []string{"channel", "C0OLD", "text", "hi"}, "is_archived"},
		{"chat.postMessage", []string{"channel", "#general", "text", "hi"}, ""},
		{"chat.postMessage", []string{"channel", "U0ANA", "text", "hi"}, ""},
		{"chat.postMessage", []string{"channel", "U0DAN", "text", "hi"}, "user_disabled"},
		{"chat.postMessage", []string{"channel", "U0EVE", "text", "hi"}, "channel_not_found"},
		{"chat.postMessage", []string{"channel", "C0GENERAL"}, "no_text"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "text", "  "}, "no_text"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "text", "hi", "thread_ts", "1.1"}, "thread_not_found"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "text", "hi", "thread_ts", psst}, "thread_not_found"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "text", "hi", "username", "Boss"}, "missing_scope"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "text", "hi", "markdown_text", "hi"}, "markdown_text_conflict"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "markdown_text", "hi"}, ""},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "text", "hi", "metadata", `{"event_type":"x"}`}, "invalid_metadata_format"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "text", "hi", "attachments", `{}`}, "invalid_attachments"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "blocks", `[{"type":"section"}]`}, "invalid_blocks"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "attachments", `[{"blocks":[{"type":"section"}]}]`}, "invalid_blocks"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "blocks", sections(t, 5, 2900)}, "msg_blocks_too_long"},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "blocks", sections(t, 4, 2900)}, ""},
		{"chat.postMessage", []string{"channel", "C0GENERAL", "blocks", sections(t, 51, 1)}, "invalid_blocks"},

		{"chat.postEphemeral", []string{"channel", "C0GENERAL", "user", "U0ANA", "text", "hi"}, ""},
		{"chat.postEphemeral", []string{"channel", "C0GENERAL", "user", "U0EVE", "text", "hi"}, "user_not_in_channel"},
		{"chat.postEphemeral", []string{"channel", "C0GENERAL", "user", "U0X", "text", "hi"}, "user_not_found"},
		{"chat.postEphemeral", []string{"channel", "C0GENERAL", "user", "U0ANA", "text", bytes}, "msg_too_long"},
		{"chat.postEphemeral", []string{"channel", "C0GENERAL", "user", "U0ANA"}, "no_text"},

		{"chat.update", []string{"channel", "C0GENERAL", "ts", mine, "text", "changed"}, ""},
		{"chat.update", []string{"channel", "C0GENERAL", "ts", mine, "text", long}, "msg_too_long"},
		{"chat.update", []string{"channel", "C0GENERAL", "ts", mine}, "no_text"},
		{"chat.update", []string{"channel", "C0GENERAL", "ts", theirs, "text", "x"}, "cant_update_message"},
		{"chat.update", []string{"channel", "C0GENERAL", "ts", psst, "text", "x"}, "message_not_found"},
		{"chat.update", []string{"channel", "C0GENERAL", "ts", "1.1", "text", "x"}, "message_not_found"},
		{"chat.update", []string{"channel", "#general", "ts", mine, "text", "x"}, "channel_not_found"},
		{"chat.delete", []string{"channel", "C0GENERAL", "ts", theirs}, "cant_delete_message"},
		{"chat.delete", []string{"channel", "C0GENERAL", "ts", psst}, "message_not_found"},
		{"chat.getPermalink", []string{"channel", "C0GENERAL", "message_ts", mine}, ""},
		{"chat.getPermalink", []string{"channel", "C0GENERAL", "message_ts", "1.1"}, "message_not_found"},
		{"reactions.add", []string{"channel", "C0GENERAL", "timestamp", theirs, "name", ":eyes:"}, ""},
		{"reactions.add", []string{"channel", "C0GENERAL", "timestamp", theirs, "name", "eyes"}, "already_reacted"},
		{"reactions.add", []string{"channel", "C0GENERAL", "timestamp", "1.1", "name", "eyes"}, "message_not_found"},
		{"reactions.add", []string{"channel", "C0GENERAL", "timestamp", theirs}, "invalid_name"},
		{"reactions.remove", []string{"channel", "C0GENERAL", "timestamp", theirs, "name", "eyes"}, ""},
		{"reactions.remove", []string{"channel", "C0GENERAL", "timestamp", theirs, "name", "eyes"}, "no_reaction"},
		{"chat.delete", []string{"channel", "C0GENERAL", "ts", mine}, ""},
		{"chat.delete", []string{"channel", "C0GENERAL", "ts", mine}, "message_not_found"},
	})
}

// refusals calls methods one after the other, and compares their error codes.
func (w *world) refusals(calls []call) {
	w.Helper()
	for _, c := range calls {
		if got, _ := w.api(c.method, c.args...)["error"].(string); got != c.want {
			w.Errorf("%s %.80q: %q, want %q", c.method, c.args, got, c.want)
		}
	}
}

type call struct {
	method string
	args   []string
	want   string // the error code; empty means ok
}

func TestReadingMethodsAndTheirErrors(t *testing.T) {
	w := open(t, unlimited)
	w.refusals([]call{
		{"conversations.info", []string{"channel", "C0QUIET"}, ""},
		{"conversations.info", []string{"channel", "G0SECRET"}, "channel_not_found"},
		{"conversations.history", []string{"channel", "C0QUIET"}, "not_in_channel"},
		{"conversations.history", []string{"channel", "C0GENERAL", "limit", "0"}, "invalid_limit"},
		{"conversations.history", []string{"channel", "G0SECRET"}, "channel_not_found"},
		{"conversations.replies", []string{"channel", "C0GENERAL", "ts", "1.1"}, "thread_not_found"},
		{"conversations.members", []string{"channel", "C0GENERAL", "cursor", "nonsense"}, "invalid_cursor"},
		{"conversations.list", []string{"types", "everything"}, "invalid_types"},
		{"conversations.open", []string{"users", "U0DAN"}, "user_disabled"},
		{"conversations.open", []string{"users", "U0X"}, "user_not_found"},
		{"conversations.open", nil, "users_list_not_supplied"},
		{"conversations.join", []string{"channel", "G0SECRET"}, "channel_not_found"},
		{"conversations.join", []string{"channel", "G0LEADS"}, "method_not_supported_for_channel_type"},
		{"conversations.join", []string{"channel", "C0OLD"}, "is_archived"},
		{"users.info", []string{"user", "U0X"}, "user_not_found"},
		{"users.lookupByEmail", []string{"email", "ana@shop.example"}, "missing_scope"},
		{"users.conversations", []string{"user", "U0X"}, "user_not_found"},
		{"usergroups.users.list", []string{"usergroup", "S0NONE"}, "no_such_subteam"},
		{"bots.info", []string{"bot", "B0NONE"}, "bot_not_found"},
		{"bots.info", []string{"bot", "B0BOT"}, ""},
		{"team.info", nil, "missing_scope"},
	})
}

// sections are n sections of so many characters.
func sections(t testing.TB, n, length int) string {
	var out []any
	for range n {
		out = append(out, fields{"type": "section", "text": fields{"type": "plain_text", "text": strings.Repeat("x", length)}})
	}
	return asJSON(t, out)
}

func TestEveryMethodRefusesEmptyArgumentsWithoutAPanic(t *testing.T) {
	w := open(t, unlimited)
	for name := range methods {
		for _, token := range []string{botTokenOfShop, appTokenOfShop} {
			if got := w.apiAs(token, name); got["ok"] == nil {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
}
