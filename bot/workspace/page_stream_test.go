package workspace

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestAPageThatLostItsConnectionCatchesUp(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	server := httptest.NewServer(w.Handler()) // one whose connections this test may cut
	t.Cleanup(func() { w.Close(); server.Close() })
	w.url = server.URL
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	kept := w.botPosts("C0GENERAL", "text", "before")
	p.see(`.message[data-ts="` + kept + `"]`)
	evaluate[bool](p, `document.querySelector("#log .message").untouched = true`)
	server.CloseClientConnections()
	w.http.CloseIdleConnections()
	missed := w.botPosts("C0GENERAL", "text", "while you were away")
	p.see(`.message[data-ts="` + missed + `"]`)
	p.until(`!document.body.classList.contains("offline")`)
	if !evaluate[bool](p, `document.querySelector("#log .message").untouched === true`) {
		t.Error("a message that did not change was drawn again")
	}
	p.forgive() // the browser reports the cut connection
}

func TestALinkToAMessageOpensItsThread(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	parent := w.botPosts("C0GENERAL", "text", "parent")
	var reply string
	for i := range 30 {
		ts := w.botPosts("C0GENERAL", "text", fmt.Sprintf("reply %d", i), "thread_ts", parent)
		if i == 3 {
			reply = ts
		}
	}
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL&thread="+parent+"#"+reply)
	p.until(`document.activeElement.dataset.ts === "` + reply + `" && document.activeElement.innerText.includes("reply 3")`)
	if count := p.text(`[data-testid="thread-bar"]`); !strings.Contains(count, "30 replies") {
		t.Errorf("the bar says %q", count)
	}
}

func picture(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFilesAreShownAndSent(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	id := w.uploads("plan.png", picture(t))
	w.json("/api/files.completeUploadExternal", fields{"files": []any{fields{"id": id, "title": "The plan"}}, "channel_id": "C0GENERAL"})
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.until(`document.querySelector(".file img")?.naturalWidth === 40`)
	p.see(`.file a[download="plan.png"]`)

	p.opens(app, modalOfTheGallery(t))
	name := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(name, []byte("mind the lock"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.do("choose a file", chromedp.SetUploadFiles(chromedp.CSS(`[data-block-id="file"] input`), []string{name}))
	p.see(`[data-block-id="file"] .file-list li`)
	p.do("name", chromedp.Focus(chromedp.CSS(`[data-block-id="name"] input`)))
	p.keys("orders" + kb.Enter)
	e := app.read()
	if got := at(e, "payload", "view", "state", "values", "file", "v", "files", 0, "name"); got != "notes.txt" {
		t.Errorf("the app was sent the file %v", got)
	}
	app.ack(e, nil)
	p.gone(`[data-testid="modal"]`)
}

func TestAChannelComesAndGoesWithItsMembers(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	listed := `.side [data-channel="G0LEADS"]`
	steer := func(path string, body fields) {
		if got := w.json("/control/"+path, body); got["ok"] != true {
			t.Fatal(got)
		}
	}
	steer("membership", fields{"channel": "G0LEADS", "user": "U0ANA", "on": true})
	p.see(listed)
	p.click(listed)
	p.until(`document.querySelector("[data-testid=channel-name]").innerText === "leads"`)
	steer("archive", fields{"channel": "G0LEADS", "on": true})
	p.until(`document.querySelector("#composer-area").innerText.includes("This channel is archived.")`)
	steer("archive", fields{"channel": "G0LEADS"})
	p.see(`#composer-text`)
	steer("membership", fields{"channel": "G0LEADS", "user": "U0ANA"})
	p.gone(listed)
	p.until(`document.querySelector("[data-testid=channel-name]").innerText === "general"`)
	if names := evaluate[int](p, `[...document.querySelectorAll(".side-name")].filter((n) => !n.innerText).length`); names != 0 {
		t.Errorf("%d channels have no name", names)
	}
}
