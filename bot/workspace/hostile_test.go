package workspace

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAPanicInOneCallStopsNoOther(t *testing.T) {
	var broken atomic.Bool
	w := open(t, func(cfg *Config) {
		cfg.Now = func() time.Time {
			if broken.CompareAndSwap(true, false) {
				panic(http.ErrAbortHandler) // what net/http recovers from without a word
			}
			return time.Now()
		}
	})
	b := w.connect()
	id := b.opened(modal("One", nil))
	link := b.hook("U0ANA", "C0GENERAL")
	for _, path := range []string{"/api/chat.postMessage", link, "/page/view", "/control/submit"} {
		broken.Store(true)
		w.send("POST", path, `{"channel":"C0GENERAL","text":"hi"}`, "Content-Type", "application/json", "Authorization", "Bearer "+botTokenOfShop)
		broken.Store(true)
		w.send("POST", path, `{"as":"U0ANA","user":"U0ANA","view_id":"`+id+`","event":"submit"}`, "Content-Type", "application/json")
		broken.Store(false)
		if got := w.api("auth.test"); got["ok"] != true { // it would wait for ever where the lock was kept
			t.Fatalf("after a panic in %s: %v", path, got)
		}
	}
}

// hostile draws JSON that nobody asked for: wrong types, huge and negative numbers, deep and empty things.
func hostile() *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.SampledFrom([]any{
			nil, true, false, 0, -1, 1e300, "", " ", "C0GENERAL", "D0ANA", "U0ANA", "U0BOT", "G0SECRET", "S0LEADS", "F0", "0", "-1",
			"9999999999.999999", "\x00", "<!channel>", "\u202e", strings.Repeat("é", 5000), "[", "{}", "[]", "null", "[null]", "[[]]", `{"type":1}`,
		}),
		rapid.Map(rapid.String(), func(s string) any { return s }),
	)
	names := rapid.SampledFrom([]string{"type", "text", "blocks", "elements", "element", "options", "option_groups", "rows", "items", "block_id", "action_id", "id", "title", "x"})
	types := rapid.Map(rapid.SampledFrom(append(sortedNames(blockShapes), sortedNames(elementShapes)...)), func(s string) any { return s })
	return rapid.Deferred(func() *rapid.Generator[any] {
		return rapid.OneOf(leaf, types,
			rapid.Map(rapid.SliceOfN(hostile(), 0, 3), func(list []any) any { return list }),
			rapid.Map(rapid.MapOfN(names, hostile(), 0, 4), func(object map[string]any) any { return object }))
	})
}

func sortedNames[T any](shapes map[string]T) []string {
	var out []string
	for name := range shapes {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// TestNothingThatIsSentBreaksAnything: whatever arrives is answered with JSON, and the workspace goes on.
func TestNothingThatIsSentBreaksAnything(t *testing.T) {
	w := open(t, func(cfg *Config) {
		unlimited(cfg)
		cfg.Periods.Ack = time.Millisecond
		cfg.Apps[0].Scopes = append(cfg.Apps[0].Scopes, "users:read.email", "team:read", "chat:write.customize")
	})
	b := w.connect()
	go func() { // the app reads, and never answers
		for err := error(nil); err == nil; _, err = b.tryRead() {
		}
	}()
	ts := w.botPosts("C0GENERAL", "text", "press", "blocks", asJSON(t, buttons("Approve")))
	arguments := []string{
		"channel", "ts", "thread_ts", "text", "blocks", "attachments", "metadata", "user", "users", "view", "trigger_id", "view_id", "hash", "limit",
		"cursor", "types", "files", "channel_id", "length", "filename", "name", "timestamp", "message_ts", "as", "action", "state", "event",
		"response_type", "replace_original", "markdown_text", "oldest", "latest", "usergroup", "email", "user_id",
	}
	paths := []string{"/page/say", "/page/action", "/page/view", "/page/home", "/page/options", b.hookWithoutAck()}
	for _, name := range sortedNames(methods) {
		paths = append(paths, "/api/"+name)
	}
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(t, "path")
		body := rapid.MapOfN(rapid.SampledFrom(arguments), hostile(), 0, 8).Draw(t, "body")
		for name, value := range map[string]any{"channel": "C0GENERAL", "as": "U0ANA", "message_ts": ts, "ts": ts} {
			if _, drawn := body[name]; !drawn && rapid.Bool().Draw(t, "with "+name) {
				body[name] = value
			}
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		status, _, answer := w.send("POST", path, string(raw), "Content-Type", "application/json; charset=utf-8", "Authorization", "Bearer "+botTokenOfShop)
		if status == 0 || status >= 500 || answer != "ok" && !json.Valid([]byte(answer)) {
			t.Fatalf("%s %s: %d %s", path, raw, status, answer)
		}
	})
	if got := w.api("auth.test"); got["ok"] != true {
		t.Errorf("afterwards: %v", got)
	}
}

// hookWithoutAck types a command that nobody acks, and gives its response URL.
func (b *bot) hookWithoutAck() string {
	b.Helper()
	if _, err := b.Slash(b.Context(), "U0ANA", "C0GENERAL", "/db ping"); err != nil {
		b.Fatal(err)
	}
	all := b.Deliveries()
	return at(decode(b, all[len(all)-1].Payload), "response_url").(string)
}

// unread is a body that must not be read.
type unread struct{ testing.TB }

func (u unread) Read([]byte) (int, error) {
	u.Error("the body of an unknown upload was read")
	return 0, io.EOF
}

func TestUploadsAreNotReadForNothingNorKeptTwice(t *testing.T) {
	w := open(t, unlimited)
	answer := httptest.NewRecorder()
	w.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/upload/made-up", unread{t}))
	if answer.Code != http.StatusNotFound {
		t.Errorf("an unknown upload: %d", answer.Code)
	}
	id := w.uploads("a b#c?.txt", "kept once")
	if n := len(w.files.uploads); n != 0 {
		t.Errorf("%d announced files are kept after their bytes came", n)
	}
	done := w.json("/api/files.completeUploadExternal", fields{"files": []any{fields{"id": id}}})
	if status, _, body := w.send("GET", at(done, "files", 0, "url_private").(string), ""); status != 200 || body != "kept once" {
		t.Errorf("a file with signs in its name: %d %q", status, body)
	}
}

// stuck is the answer to a reader who has stopped reading: a write without a deadline would wait for ever.
type stuck struct {
	testing.TB
	http.ResponseWriter
	deadline time.Time
	writes   int
}

func (k *stuck) SetWriteDeadline(at time.Time) error { k.deadline = at; return nil }

func (k *stuck) FlushError() error { return errors.New("timed out") }

func (k *stuck) Write([]byte) (int, error) {
	if k.writes++; k.deadline.IsZero() {
		k.Error("a write to a page has no deadline")
	}
	return 0, errors.New("timed out")
}

func TestAPageThatStopsReadingHoldsNothingUp(t *testing.T) {
	w := open(t, nil)
	k := &stuck{TB: t, ResponseWriter: httptest.NewRecorder()}
	w.serveStream(k, httptest.NewRequest(http.MethodGet, "/page/stream?as=U0ANA", http.NoBody))
	if k.writes == 0 || !k.deadline.IsZero() {
		t.Errorf("%d writes; afterwards the connection has the deadline %v", k.writes, k.deadline)
	}
}
