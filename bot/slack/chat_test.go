package slack

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dbbot/bot"
	"dbbot/commands"
	"dbbot/ops"
)

var hello = bot.Post{View: commands.View{Title: "Status of orders", Lead: commands.Say("All is well.")}}

// The ways an answer takes, by what fails on the way.
func TestTheWaysOfAnAnswer(t *testing.T) {
	spent := says(http.StatusNotFound, `{"ok":false,"error":"used_url"}`)
	outside := says(http.StatusOK, `{"ok":false,"error":"not_in_channel"}`)
	down := says(http.StatusServiceUnavailable, "")
	for name, c := range map[string]struct {
		origin bot.Origin
		set    map[string]http.HandlerFunc
		want   string // the methods called, in order of trying
	}{
		"a command":                      {origin: bot.Origin{Channel: "C0ORDERS", Respond: "here"}, want: "answer"},
		"a command, its URL used up":     {origin: bot.Origin{Channel: "C0ORDERS", Respond: "here"}, set: map[string]http.HandlerFunc{"answer": spent}, want: "answer chat.postEphemeral"},
		"a command, its URL unreachable": {origin: bot.Origin{Channel: "C0ORDERS", Respond: "here"}, set: map[string]http.HandlerFunc{"answer": down}, want: "answer chat.postEphemeral"},
		"a mention":                      {origin: bot.Origin{Channel: "C0ORDERS", Thread: "1.1"}, want: "chat.postEphemeral"},
		"a mention where we are not":     {origin: bot.Origin{Channel: "C0ORDERS", Thread: "1.1"}, set: map[string]http.HandlerFunc{"chat.postEphemeral": outside}, want: "chat.postEphemeral chat.postMessage"},
		"in the direct channel":          {origin: bot.Origin{Channel: "D0ANA", Direct: true}, want: "chat.postMessage"},
		"all of it fails":                {origin: bot.Origin{Channel: "C0ORDERS", Respond: "here"}, set: map[string]http.HandlerFunc{"answer": spent, "chat.postEphemeral": outside, "chat.postMessage": outside}, want: "answer chat.postEphemeral chat.postMessage error"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			for method, answer := range c.set {
				r.set(method, answer)
			}
			if c.origin.Respond != "" {
				c.origin.Respond = ops.Secret(r.url + "/answer")
			}
			err := r.Answer(t.Context(), ana, c.origin, hello)
			if got := r.tried(err); got != c.want {
				t.Errorf("took %q, want %q (%v)", got, c.want, err)
			}
		})
	}
}

// tried lists the ways in which something was said, each once, and whether it ended in an error.
func (r *rig) tried(err error) string {
	var out []string
	for _, method := range []string{"answer", "chat.postEphemeral", "chat.update", "chat.postMessage", "views.publish"} {
		if r.called(method) > 0 {
			out = append(out, method)
		}
	}
	if err != nil {
		out = append(out, "error")
	}
	return strings.Join(out, " ")
}

func TestAnAnswerSaysWhereItBelongs(t *testing.T) {
	r := newRig(t, nil)
	if err := r.Answer(t.Context(), ana, bot.Origin{Channel: "C0ORDERS", Thread: "1.1"}, hello); err != nil {
		t.Fatal(err)
	}
	form := r.form("chat.postEphemeral")
	for field, want := range map[string]string{"channel": "C0ORDERS", "user": "U0ANA", "thread_ts": "1.1", "unfurl_links": "false", "unfurl_media": "false"} {
		if got := form.Get(field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if !strings.Contains(form.Get("text"), "All is well.") || !strings.Contains(form.Get("blocks"), "All is well.") {
		t.Errorf("text and blocks are %q and %q", form.Get("text"), form.Get("blocks"))
	}
}

func TestADirectMessageSaysWhyItIsOne(t *testing.T) {
	r := newRig(t, nil)
	r.set("chat.postEphemeral", says(http.StatusOK, `{"ok":false,"error":"not_in_channel"}`))
	if err := r.Answer(t.Context(), ana, bot.Origin{Channel: "C0ORDERS"}, hello); err != nil {
		t.Fatal(err)
	}
	form := r.form("chat.postMessage")
	if form.Get("channel") != "U0ANA" || !strings.Contains(form.Get("text"), "C0ORDERS") || !strings.Contains(form.Get("text"), "/invite") {
		t.Errorf("sent to %s: %s", form.Get("channel"), form.Get("text"))
	}
}

func TestBlocksThatSlackRefusesAreSaidAsText(t *testing.T) {
	r := newRig(t, nil)
	r.does("chat.postEphemeral", says(http.StatusOK, `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] unsupported type: table [json-pointer:/blocks/2/type]"]}}`),
		standardly("chat.postEphemeral"))
	if err := r.Answer(t.Context(), ana, bot.Origin{Channel: "C0ORDERS"}, hello); err != nil {
		t.Fatal(err)
	}
	form := r.form("chat.postEphemeral")
	if form.Has("blocks") || !strings.Contains(form.Get("text"), "All is well.") {
		t.Errorf("sent %v", form)
	}
	if n := r.called("chat.postEphemeral"); n != 2 {
		t.Errorf("sent %d times", n)
	}
	if !strings.Contains(r.log.String(), "json-pointer:/blocks/2/type") {
		t.Errorf("the log lacks Slack's reason:\n%s", r.log)
	}
}

func TestReplace(t *testing.T) {
	spent := says(http.StatusNotFound, "expired_url")
	for name, c := range map[string]struct {
		at   bot.Origin
		url  http.HandlerFunc
		want string
	}{
		"through the URL":                      {at: bot.Origin{Channel: "C0ORDERS", Message: "1.5", Ephemeral: true, Respond: "here"}, want: "answer"},
		"a public one, its URL used up":        {at: bot.Origin{Channel: "C0ORDERS", Message: "1.5", Respond: "here"}, url: spent, want: "answer chat.update"},
		"a private one, its URL used up":       {at: bot.Origin{Channel: "C0ORDERS", Message: "1.5", Ephemeral: true, Respond: "here"}, url: spent, want: "answer chat.postEphemeral"},
		"on the home tab":                      {want: "views.publish"},
		"a public one without a URL":           {at: bot.Origin{Channel: "C0ORDERS", Message: "1.5"}, want: "chat.update"},
		"without a message, as after a typing": {at: bot.Origin{Channel: "C0ORDERS"}, want: "chat.postEphemeral"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			if c.url != nil {
				r.set("answer", c.url)
			}
			if c.at.Respond != "" {
				c.at.Respond = ops.Secret(r.url + "/answer")
			}
			err := r.Replace(t.Context(), ana, c.at, hello)
			if got := r.tried(err); got != c.want {
				t.Errorf("took %q, want %q (%v)", got, c.want, err)
			}
			if c.at.Respond != "" && r.answered()["replace_original"] != true {
				t.Errorf("sent %v", r.answered())
			}
		})
	}
}

func TestShare(t *testing.T) {
	for name, c := range map[string]struct {
		respond bool
		url     http.HandlerFunc
		post    http.HandlerFunc
		want    string
		says    string
	}{
		"through the URL":           {respond: true, want: "answer"},
		"its URL used up":           {respond: true, url: says(404, "used_url"), want: "answer chat.postMessage"},
		"perhaps through the URL":   {respond: true, url: says(503, ""), want: "answer error", says: "did not say whether"},
		"without a URL":             {want: "chat.postMessage"},
		"perhaps":                   {post: says(503, ""), want: "chat.postMessage error", says: "did not say whether"},
		"where we are not":          {post: says(200, `{"ok":false,"error":"not_in_channel"}`), want: "chat.postMessage error", says: "not in that channel"},
		"ok:false without a reason": {post: says(200, `{"ok":false}`), want: "chat.postMessage error", says: "did not say whether"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			to := bot.Origin{Channel: "C0ORDERS", Thread: "1.1"}
			if c.respond {
				to.Respond = ops.Secret(r.url + "/answer")
			}
			if c.url != nil {
				r.set("answer", c.url)
			}
			if c.post != nil {
				r.set("chat.postMessage", c.post)
			}
			err := r.Share(t.Context(), to, hello)
			if got := r.tried(err); got != c.want {
				t.Errorf("took %q, want %q", got, c.want)
			}
			if err != nil && !strings.Contains(asError(t, err).Message, c.says) {
				t.Errorf("says %q", err)
			}
			if r.called("chat.postMessage") > 1 {
				t.Error("posted more than once")
			}
			if c.respond {
				if body := r.answered(); body["response_type"] != "in_channel" || body["thread_ts"] != "1.1" || body["replace_original"] != false {
					t.Errorf("sent %v", body)
				}
			}
		})
	}
}

func TestShowHome(t *testing.T) {
	r := newRig(t, nil)
	if err := r.ShowHome(t.Context(), ana, hello); err != nil {
		t.Fatal(err)
	}
	if body := r.sent("views.publish")[0]; !strings.Contains(body, `"user_id":"U0ANA"`) || !strings.Contains(body, `"type":"home"`) {
		t.Errorf("sent %s", body)
	}
	r.does("views.publish", says(http.StatusOK, `{"ok":false,"error":"invalid_arguments","response_metadata":{"messages":["[ERROR] json-pointer:/view/blocks/1"]}}`),
		standardly("views.publish"))
	if err := r.ShowHome(t.Context(), ana, hello); err != nil || !strings.Contains(r.sent("views.publish")[2], "All is well.") {
		t.Errorf("drawn plainly: %v, %s", err, r.sent("views.publish")[2])
	}
	if !strings.Contains(r.log.String(), "json-pointer:/view/blocks/1") {
		t.Error("the log lacks Slack's reason")
	}
	r.set("views.publish", says(http.StatusOK, `{"ok":false,"error":"missing_scope","needed":"chat:write"}`))
	if e := asError(t, r.ShowHome(t.Context(), ana, hello)); !strings.Contains(e.Message, "chat:write") {
		t.Errorf("says %q", e.Message)
	}
}

// form is what a method last received.
func (r *rig) form(method string) url.Values {
	r.Helper()
	bodies := r.sent(method)
	if len(bodies) == 0 {
		r.Fatalf("%s was not called", method)
	}
	form, err := url.ParseQuery(bodies[len(bodies)-1])
	if err != nil {
		r.Fatal(err)
	}
	return form
}

// answered is what the response URL last received.
func (r *rig) answered() (out map[string]any) {
	r.Helper()
	if bodies := r.sent("answer"); len(bodies) > 0 {
		if err := json.Unmarshal([]byte(bodies[len(bodies)-1]), &out); err != nil {
			r.Fatal(err)
		}
	}
	return out
}
