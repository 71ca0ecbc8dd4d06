package slack

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/bot/workspace"
)

func TestAFileInTheThreadOfACard(t *testing.T) {
	w := newTown(t, nil)
	at := w.posts(orders, "1:card")
	content := strings.Repeat("select 'é', 1;\n", 5000)
	if err := w.client.Attach(t.Context(), at, "plan.sql", "The whole plan", []byte(content)); err != nil {
		t.Fatal(err)
	}
	m := w.reads("U0BEN", "C0ORDERS", at.Stamp)
	if m.ThreadTS != at.Stamp || len(m.Files) != 1 || m.Files[0]["name"] != "plan.sql" || m.Files[0]["title"] != "The whole plan" {
		t.Fatalf("Ben reads %+v", m)
	}
	got, err := http.Get(fmt.Sprint(m.Files[0]["url_private"]))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != content {
		t.Errorf("the file has %d bytes, want %d; %v", len(body), len(content), err)
	}
}

// Before the last step nothing is seen, and it may be done again; after it, nobody knows.
func TestAFileThatBreaksOff(t *testing.T) {
	w := newTown(t, nil)
	at := w.posts(orders, "1:card")
	attach := func() error { return w.client.Attach(t.Context(), at, "plan.sql", "a", []byte("select 1")) }
	for _, f := range []workspace.CallFault{
		{Method: "files.getUploadURLExternal", DropAfter: true},
		{Method: "files.getUploadURLExternal", Status: 502},
	} {
		w.FailCalls(f)
		if later, ok := errors.AsType[*bot.Later](attach()); !ok || later.After != pauseAway {
			t.Errorf("%+v gave %v", f, later)
		}
	}
	if n := len(w.Thread("C0ORDERS", at.Stamp, "U0BEN")); n != 1 {
		t.Errorf("the thread has %d messages, want the card alone", n)
	}
	w.FailCalls(workspace.CallFault{Method: "files.completeUploadExternal", DropAfter: true})
	if err := attach(); !errors.Is(err, bot.ErrUnsure) {
		t.Errorf("after the last step: %v", err)
	}
}

// An upload host that fails has shown nothing either, and its address, which is a right to upload, is in no error.
func TestAnUploadThatFails(t *testing.T) {
	r := newRig(t, nil)
	for what, answer := range map[string]http.HandlerFunc{"500": says(500, ""), "too large": says(413, ""), "broken off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }} {
		r.set("files.getUploadURLExternal", says(200, `{"ok":true,"file_id":"F1","upload_url":"`+r.url+`/upload/top-secret"}`))
		r.set("top-secret", answer)
		err := r.Attach(t.Context(), bot.Posted{Channel: "C0ORDERS", Stamp: "1.1"}, "plan.sql", "a", []byte("select 1"))
		if later, ok := errors.AsType[*bot.Later](err); !ok || later.After != pauseAway || strings.Contains(causes(err), "top-secret") {
			t.Errorf("%s: %v", what, causes(err))
		}
	}
	if n := r.called("files.completeUploadExternal"); n != 0 {
		t.Errorf("completed %d times", n)
	}
	r.set("files.getUploadURLExternal", says(200, `{"ok":true,"file_id":"F1","upload_url":"http://127.0.0.1:1/upload/top-secret"}`))
	err := r.Attach(t.Context(), bot.Posted{Channel: "C0ORDERS", Stamp: "1.1"}, "plan.sql", "a", []byte("select 1"))
	if err == nil || strings.Contains(causes(err), "top-secret") {
		t.Errorf("an upload elsewhere: %v", causes(err))
	}
}

// causes writes an error with all that it wraps.
func causes(err error) string {
	if err == nil {
		return ""
	}
	if several, ok := any(err).(interface{ Unwrap() []error }); ok { // this very error, not one that it wraps
		text := err.Error()
		for _, cause := range several.Unwrap() {
			text += "; " + causes(cause)
		}
		return text
	}
	return err.Error() + "; " + causes(errors.Unwrap(err))
}

// What others have posted with our metadata is not ours: anybody can write it.
func TestFindTakesNobodyElsesMessage(t *testing.T) {
	r := newRig(t, nil)
	message := func(user string) string {
		return `{"ok":true,"messages":[{"user":"` + user + `","ts":"1.1","metadata":{"event_type":"dbbot","event_payload":{"key":"1:card"}}}]}`
	}
	for user, want := range map[string]bool{"U0DBBOT": true, "U0EVE": false} {
		r.set("conversations.history", says(200, message(user)))
		if _, found, err := r.Find(t.Context(), orders, "1:card", time.Now()); found != want || err != nil {
			t.Errorf("posted by %s: %v, %v", user, found, err)
		}
	}
}
