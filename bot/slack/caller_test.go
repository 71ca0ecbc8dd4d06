package slack

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	slackgo "github.com/slack-go/slack"

	"dbbot/ops"
)

// How often a call is sent, by what Slack does first.
func TestWhatIsSentAgain(t *testing.T) {
	cut := func(w http.ResponseWriter, _ *http.Request) { // takes the request and hangs up: it may have been done
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}
	limited := says(http.StatusTooManyRequests, "", "Retry-After", "0")
	post := func(c *Client) error { _, _, err := c.web.PostMessage("C0ORDERS"); return err }
	read := func(c *Client) error { _, err := c.web.GetUserInfo("U0ANA"); return err }
	outsiders := func(c *Client) error { _, err := c.Outsiders(context.Background(), "C0ORDERS"); return err }
	for name, c := range map[string]struct {
		method string
		call   func(*Client) error
		first  http.HandlerFunc
		times  int
		fails  bool
	}{
		"a post after a 429":            {method: "chat.postMessage", call: post, first: limited, times: 2},
		"a post that was cut off":       {method: "chat.postMessage", call: post, first: cut, times: 1, fails: true},
		"a post that failed inside":     {method: "chat.postMessage", call: post, first: says(http.StatusBadGateway, ""), times: 1, fails: true},
		"a post that may be half done":  {method: "chat.postMessage", call: post, first: says(200, `{"ok":false,"error":"fatal_error"}`), times: 1, fails: true},
		"a question after a 429":        {method: "users.info", call: read, first: limited, times: 2},
		"a question that was cut off":   {method: "users.info", call: read, first: cut, times: 2},
		"where people read":             {method: "conversations.info", call: outsiders, first: cut, times: 2},
		"a question that failed inside": {method: "users.info", call: read, first: says(http.StatusBadGateway, ""), times: 1, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.does(c.method, c.first, standardly(c.method))
			if err := c.call(r.Client); (err != nil) != c.fails {
				t.Errorf("gave %v", err)
			}
			if n := r.called(c.method); n != c.times {
				t.Errorf("sent %d times, want %d", n, c.times)
			}
			if bodies := r.sent(c.method); bodies[0] != bodies[len(bodies)-1] {
				t.Errorf("sent %q, then %q", bodies[0], bodies[1])
			}
		})
	}
}

func TestAPauseLongerThanTheContextIsAnErrorAtOnce(t *testing.T) {
	r := newRig(t, nil)
	r.set("chat.postMessage", says(http.StatusTooManyRequests, "", "Retry-After", "25"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := r.post(ctx, "C0ORDERS", "", message{text: "hello"})
	if ctx.Err() != nil || code(err) != "ratelimited" || !strings.Contains(asError(t, err).Hint, "25s") {
		t.Errorf("gave %v", err)
	}
}

// slack-go takes a 429 without a header for a server error, and fails on one that is no number.
func TestEvery429IsOne(t *testing.T) {
	for _, header := range []string{"", "soon", "-5", "Wed, 21 Oct 2026 07:28:00 GMT"} {
		r := newRig(t, nil)
		r.set("chat.postMessage", says(http.StatusTooManyRequests, "", "Retry-After", header))
		ctx, cancel := context.WithTimeout(t.Context(), pauseUnsaid-time.Second)
		_, _, err := r.web.PostMessageContext(ctx, "C0ORDERS")
		cancel()
		limited, ok := errors.AsType[*slackgo.RateLimitedError](err)
		if !ok || limited.RetryAfter != pauseUnsaid {
			t.Errorf("%q: gave %v", header, err)
		}
	}
}

func TestOnlyWhatWasNotSentIsSentAgain(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for err, want := range map[error]bool{
		dial: true,
		&net.OpError{Op: "read", Err: errors.New("reset")}: false,
		io.EOF: false,
		&net.OpError{Op: "dial", Err: context.Canceled}: false,
	} {
		if got := nothingSent(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}

func TestAnswersAreBoundedAndNothingIsFollowed(t *testing.T) {
	r := newRig(t, nil)
	r.set("users.info", says(http.StatusOK, `{"ok":true,"user":{"id":"`+strings.Repeat("x", maxAnswer)+`"}}`))
	if _, err := r.web.GetUserInfo("U0ANA"); err == nil {
		t.Error("an endless answer was taken")
	}
	r.set("auth.test", says(http.StatusFound, "", "Location", "/elsewhere"))
	if _, err := r.web.AuthTest(); err == nil || r.called("elsewhere") != 0 {
		t.Errorf("a redirect gave %v and %d calls elsewhere", err, r.called("elsewhere"))
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		status     int
		said, code string
		fails      bool
	}{
		{200, "ok", "", false},
		{200, "", "", false},
		{200, `{"ok":true}`, "", false},
		{200, `{"ok":false,"error":"invalid_blocks"}`, "invalid_blocks", true},
		{400, "invalid_blocks", "invalid_blocks", true},
		{404, `{"ok":false,"error":"used_url"}`, "used_url", true},
		{404, "expired_url\n", "expired_url", true},
		{500, "server_error", "", true},
		{502, "<html>bad gateway</html>", "", true},
		{302, "", "", true},
	} {
		err := explain("response_url", verdict(c.status, c.said))
		if (err != nil) != c.fails || code(err) != c.code {
			t.Errorf("%d %q: %v with the code %q", c.status, c.said, err, code(err))
		}
	}
}

func TestNoErrorHoldsTheResponseURL(t *testing.T) {
	r := newRig(t, nil)
	for _, address := range []string{"http://127.0.0.1:1/commands/secret", "http://bad host/commands/secret", "gopher://x/commands/secret"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := r.respond(ctx, ops.Secret(address), &slackgo.WebhookMessage{Text: "x"})
		cancel()
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), "secret") {
				t.Errorf("%s: %q", address, e)
			}
		}
		if err == nil {
			t.Errorf("%s: no error", address)
		}
	}
}
