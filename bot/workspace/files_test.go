package workspace

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"
	"time"
)

// uploads announces a file and sends its bytes, raw.
func (w *world) uploads(name, content string) string {
	w.Helper()
	got := w.api("files.getUploadURLExternal", "filename", name, "length", fmt.Sprint(len(content)))
	link, _ := got["upload_url"].(string)
	if !strings.HasPrefix(link, w.url+"/") { // clients send their token to the API's own host only
		w.Fatalf("the upload URL is %v", got)
	}
	if status, _, body := w.send("POST", link, content); status != 200 || body != fmt.Sprintf("OK - %d", len(content)) {
		w.Fatalf("the upload: %d %s", status, body)
	}
	return got["file_id"].(string)
}

func TestAFileInThreeSteps(t *testing.T) {
	w := open(t, unlimited)
	parent := w.botPosts("C0GENERAL", "text", "look")
	id := w.uploads("report.txt", "all is well")
	got := w.json("/api/files.completeUploadExternal", fields{
		"files": []any{fields{"id": id, "title": "Report"}}, "channel_id": "C0GENERAL",
		"thread_ts": parent, "initial_comment": "here",
	})
	if at(got, "files", 0, "title") != "Report" || at(got, "files", 0, "mimetype") != "text/plain" || at(got, "files", 0, "size") != float64(11) {
		t.Fatalf("completed: %v", got)
	}
	m := w.Thread("C0GENERAL", parent, "")[1]
	if m.Text != "here" || len(m.Files) != 1 || m.Files[0]["id"] != id || m.User != "U0BOT" {
		t.Errorf("the message is %+v", m)
	}
	status, header, body := w.send("GET", at(got, "files", 0, "url_private").(string), "")
	if status != 200 || body != "all is well" || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the file: %d %q %v", status, body, header)
	}
	if info := w.api("files.info", "file", id); at(info, "file", "name") != "report.txt" {
		t.Errorf("files.info: %v", info)
	}
	if again := w.json("/api/files.completeUploadExternal", fields{"files": []any{fields{"id": id}}}); again["error"] != "file_not_found" {
		t.Errorf("completed twice: %v", again)
	}
	w.api("files.delete", "file", id)
	if info := w.api("files.info", "file", id); info["error"] != "file_not_found" {
		t.Errorf("after files.delete: %v", info)
	}
}

func TestUploadsAsAForm(t *testing.T) {
	w := open(t, unlimited)
	got := w.api("files.getUploadURLExternal", "filename", "a.png", "length", "3")
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	part, err := writer.CreateFormFile("file", "a.png")
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte("png"))
	writer.Close()
	if status, _, body := w.send("POST", got["upload_url"].(string), form.String(), "Content-Type", writer.FormDataContentType()); status != 200 {
		t.Errorf("the upload: %d %s", status, body)
	}
	done := w.json("/api/files.completeUploadExternal", fields{"files": []any{fields{"id": got["file_id"]}}})
	if at(done, "files", 0, "mimetype") != "image/png" || at(done, "files", 0, "thumb_360") == nil {
		t.Errorf("completed: %v", done)
	}
}

func TestUploadsThatCannotBe(t *testing.T) {
	c := newClock()
	w := open(t, func(cfg *Config) { unlimited(cfg); cfg.Now = c.Now; cfg.Limits.FileBytes = 100 })
	for name, args := range map[string][]string{
		"no name":   {"length", "3"},
		"no length": {"filename", "a"},
		"empty":     {"filename", "a", "length", "0"},
	} {
		if got := w.api("files.getUploadURLExternal", args...); got["error"] != "invalid_arguments" {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := w.api("files.getUploadURLExternal", "filename", "a", "length", "101"); got["error"] != "file_upload_size_restricted" {
		t.Errorf("too large: %v", got)
	}
	got := w.api("files.getUploadURLExternal", "filename", "a", "length", "3")
	link := got["upload_url"].(string)
	if status, _, _ := w.send("POST", link, "four"); status != 400 {
		t.Errorf("another length than announced: %d", status)
	}
	if done := w.json("/api/files.completeUploadExternal", fields{"files": []any{fields{"id": got["file_id"]}}}); done["error"] != "file_not_found" {
		t.Errorf("completed before it was uploaded: %v", done)
	}
	c.Pass(11 * time.Minute)
	if status, _, _ := w.send("POST", link, "abc"); status != 404 {
		t.Errorf("an upload URL that is eleven minutes old: %d", status)
	}
	id := w.uploads("b", "abc")
	if done := w.json("/api/files.completeUploadExternal", fields{"files": []any{fields{"id": id}}, "channel_id": "C0QUIET"}); done["error"] != "not_in_channel" {
		t.Errorf("where the bot is no member: %v", done)
	}
}

func TestThePageUploadsAFile(t *testing.T) {
	w := open(t, nil)
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	writer.WriteField("as", "U0ANA")
	part, err := writer.CreateFormFile("file", "x.csv")
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte("a,b"))
	writer.Close()
	_, _, body := w.send("POST", "/page/file", form.String(), "Content-Type", writer.FormDataContentType())
	got := decode(t, []byte(body))
	if at(got, "file", "user") != "U0ANA" || at(got, "file", "size") != float64(3) {
		t.Errorf("the page got %s", body)
	}
}
