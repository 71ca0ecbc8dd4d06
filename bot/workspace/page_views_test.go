package workspace

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// opens lets a person press a button, and the app answer with a modal.
func (p *tab) opens(app *bot, view any) {
	p.Helper()
	p.api("chat.postMessage", "channel", "C0GENERAL", "text", "press", "blocks",
		`[{"type":"actions","elements":[{"type":"button","action_id":"open","text":{"type":"plain_text","text":"Open"}}]}]`)
	p.click(`[data-action-id="open"]`)
	e := app.read()
	app.ack(e, nil)
	raw, err := json.Marshal(view)
	if err != nil {
		p.Fatal(err)
	}
	if answer := p.api("views.open", "trigger_id", at(e, "payload", "trigger_id").(string), "view", string(raw)); answer["ok"] != true {
		p.Fatalf("views.open: %v", answer)
	}
	p.see(`[data-testid="modal"]`)
}

func modalOfTheGallery(t *testing.T) json.RawMessage {
	raw, err := os.ReadFile("page/testdata/modal.json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAModalIsFilledRefusedMendedAndSent(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.opens(app, modalOfTheGallery(t))
	p.shot("modal")
	if got := evaluate[string](p, `document.activeElement.closest("[data-block-id]").dataset.blockId`); got != "name" {
		t.Errorf("the focus begins in %q", got)
	}
	submit, name := `[data-testid="modal-submit"]`, `[data-block-id="name"] [data-testid="input-error"]`
	p.click(submit)
	p.until(fmt.Sprintf(`document.querySelector('%s').innerText === "Please fill in this field."`, name))

	p.keys("Orders" + kb.Enter)
	e := app.read()
	if got := at(e, "payload", "view", "state", "values", "name", "v", "value"); e["type"] != "interactive" || got != "Orders" {
		t.Fatalf("the app was sent %v", e)
	}
	if busy := evaluate[string](p, `document.querySelector('`+submit+`').getAttribute("aria-busy")`); busy != "true" {
		t.Errorf("while the app thinks, the button is busy=%q", busy)
	}
	app.ack(e, fields{"response_action": "errors", "errors": fields{"name": "Lower case, please."}})
	p.until(fmt.Sprintf(`document.querySelector('%s').innerText === "Lower case, please."`, name))
	p.until(`document.activeElement.getAttribute("aria-invalid") === "true"`)
	p.shot("modal-error")
	p.legible()

	p.keys(kb.Home + kb.Delete + "o" + kb.Enter)
	app.ack(app.read(), fields{"response_action": "update", "view": fields{
		"type": "modal", "title": fields{"type": "plain_text", "text": "Done"},
		"blocks": []fields{{"type": "section", "text": fields{"type": "mrkdwn", "text": "Taken and *verified*."}}},
	}})
	p.until(`document.querySelector('[data-testid="modal"] h2').innerText === "Done"`)
	p.keys(kb.Escape)
	p.gone(`[data-testid="modal"]`)
}

func TestSelectsInAModal(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	p := w.tab(t, chrome, 380, "/?as=U0ANA&channel=C0GENERAL&theme=dark")
	p.opens(app, modalOfTheGallery(t))
	p.shot("modal-380-dark")

	p.do("focus", chromedp.Focus(chromedp.CSS(`[data-block-id="one"] input`)))
	p.keys("rep")
	p.see(`.listbox [data-value="reporting"]`)
	p.keys(kb.Enter)
	p.until(`document.querySelector('[data-block-id="one"] input').value === "reporting"`)

	p.do("focus", chromedp.Focus(chromedp.CSS(`[data-block-id="many"] input`)))
	p.keys("lee")
	p.see(`.listbox [data-value="U0LEE"]`)
	p.shot("select-380-dark")
	p.legible()
	p.keys(kb.Enter)
	p.see(`.listbox [data-value="U0ANA"]`) // the list stays open for more
	p.keys(kb.Escape)
	p.gone(`.listbox`)
	p.until(`document.querySelectorAll('[data-block-id="many"] .chip').length === 2`)

	p.do("focus", chromedp.Focus(chromedp.CSS(`[data-block-id="outside"] input`)))
	p.keys("loc")
	e := app.read()
	if at(e, "payload", "type") != "block_suggestion" || at(e, "payload", "value") != "loc" {
		t.Fatalf("the app was asked %v", at(e, "payload"))
	}
	app.ack(e, fields{"options": []fields{{"text": fields{"type": "plain_text", "text": "DB-7 locks"}, "value": "7"}}})
	p.see(`.listbox [data-value="7"]`)
	p.keys(kb.Enter)

	p.do("focus", chromedp.Focus(chromedp.CSS(`[data-block-id="name"] input`)))
	p.keys("orders" + kb.Enter)
	e = app.read()
	values := at(e, "payload", "view", "state", "values")
	for path, want := range map[[3]string]any{
		{"one", "selected_option", "value"}:     "reporting",
		{"outside", "selected_option", "value"}: "7",
		{"when", "selected_date_time", ""}:      float64(1762000000),
	} {
		got := at(values, path[0], "v", path[1])
		if path[2] != "" {
			got = at(got, path[2])
		}
		if got != want {
			t.Errorf("%v is %v, want %v", path, got, want)
		}
	}
	if got := fmt.Sprint(at(values, "many", "v", "selected_users")); got != "[U0BEN U0LEE]" {
		t.Errorf("told are %s", got)
	}
	app.ack(e, nil)
	p.gone(`[data-testid="modal"]`)
}

func TestTheHomeTabOfAnApp(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.click(`.side [data-channel="D0ANA"]`)
	e := app.read()
	if at(e, "payload", "event", "type") != "app_home_opened" {
		t.Fatalf("the app heard %v", e)
	}
	app.ack(e, nil)
	p.see(`[data-testid="home"] .empty`)
	p.api("views.publish", "user_id", "U0ANA", "view",
		`{"type":"home","blocks":[{"type":"header","text":{"type":"plain_text","text":"Your requests"}},{"type":"actions","elements":[{"type":"button","action_id":"look","text":{"type":"plain_text","text":"Look"}}]}]}`)
	p.see(`[data-testid="home"] [data-action-id="look"]`)
	p.shot("home")
	p.legible()
	p.click(`[data-action-id="look"]`)
	click := app.read()
	if at(click, "payload", "container", "type") != "view" || at(click, "payload", "actions", 0, "action_id") != "look" {
		t.Errorf("the click was %v", at(click, "payload"))
	}
	app.ack(click, nil)
	p.do("tabs by keyboard", chromedp.Focus(chromedp.CSS(`#tab-home`)))
	p.keys(kb.ArrowRight)
	p.see(`#composer-text`)
	p.until(`!new URLSearchParams(location.search).has("tab")`)
}

// As in Slack, an app may not want to be written to: then there is nothing to write in.
func TestAnAppThatTakesNoMessagesHasNoComposer(t *testing.T) {
	w := house(t, func(cfg *Config) { cfg.Apps[0].MessagesTabReadOnly = true })
	p := w.tab(t, browser(t), 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.do("open the messages", chromedp.Navigate(w.url+"/?as=U0ANA&channel=D0ANA&tab=messages"))
	p.until(`document.querySelector("#composer-area").innerText.includes("has been turned off")`)
	p.gone(`#composer-text`)
}

// An app that publishes at once must not be faster than the page's own stream.
func TestAHomeTabPublishedAtOnceIsSeen(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	read := make(chan error, 1)
	go func() {
		e, err := app.tryRead()
		if err == nil {
			app.ack(e, nil)
			w.json("/api/views.publish", fields{"user_id": "U0ANA", "view": fields{"type": "home", "blocks": []fields{{"type": "divider"}}}})
		}
		read <- err
	}()
	p := w.tab(t, chrome, 380, "/?as=U0ANA&channel=D0ANA&tab=home")
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	p.see(`[data-testid="home"] .kind-divider`)
}

func TestTheDeveloperPanelShowsWhatWasSent(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	for _, width := range []int64{1280, 380} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			p := w.tab(t, chrome, width, "/?as=U0ANA&channel=C0GENERAL&dev=1")
			p.see(`[data-testid="dev-row"][data-name="apps.connections.open"]`)
			if _, err := w.Say("U0BEN", "C0GENERAL", "", "<@U0BOT> hello"); err != nil {
				t.Fatal(err)
			}
			p.see(`[data-testid="dev-row"][data-kind="envelope"]`)
			app.ack(app.read(), nil)
			p.until(`document.querySelector('[data-kind="envelope"] .outcome').innerText === "acked"`)
			w.api("chat.postMessage", "channel", "C0NOWHERE", "text", "lost")
			p.see(`.dev-row.failed[data-name="chat.postMessage"]`)
			p.click(`.dev-row.failed summary`)
			p.until(`document.querySelector(".dev-row.failed pre")?.innerText.includes('"channel": "C0NOWHERE"')`)
			p.shot(fmt.Sprintf("dev-%d", width))
			p.legible()
			p.do("filter", chromedp.SendKeys(chromedp.CSS(`[data-testid="dev-filter"]`), "app_mention"))
			p.until(`[...document.querySelectorAll('[data-testid="dev-row"]')].every((r) => r.dataset.kind === "envelope")`)
			p.keys(kb.Escape)
			p.until(`document.getElementById("dev").hidden`)
		})
	}
}

func TestTheLogKeepsWhatIsNewerThanItsAnswer(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL&dev=1")
	p.see(`[data-testid="dev-row"][data-name="apps.connections.open"]`)
	// The page asks for the log, and gets the answer only when it is old: the envelope in it was acked since.
	evaluate[bool](p, `(() => {
		const fetched = window.fetch;
		window.fetch = async (...how) => {
			const answer = await fetched(...how);
			if (how[0] === "/page/log") await new Promise((go) => { window.letGo = go; });
			return answer;
		};
		return true;
	})()`)
	if _, err := w.Say("U0BEN", "C0GENERAL", "", "<@U0BOT> hello"); err != nil {
		t.Fatal(err)
	}
	e := app.read()
	p.see(`[data-kind="envelope"]`)
	p.click(`[data-testid="dev-toggle"]`)
	p.click(`[data-testid="dev-toggle"]`)
	p.until(`Boolean(window.letGo)`)
	app.ack(e, nil)
	p.until(`document.querySelector('[data-kind="envelope"] .outcome')?.innerText === "acked"`)
	p.click(`[aria-label="Clear the list"]`)
	p.gone(`[data-testid="dev-row"]`)
	evaluate[bool](p, `window.letGo() ?? true`)
	p.see(`[data-testid="dev-row"][data-name="apps.connections.open"]`) // the answer is drawn
	if got := p.text(`[data-kind="envelope"] .outcome`); got != "acked" {
		t.Errorf("after an old answer the envelope is %q", got)
	}
}

func TestASilentAppIsReportedByNotice(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil) // no socket at all
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.see(`[data-testid="offline-note"]`)
	p.until(`document.activeElement.id === "composer-text"`)
	p.keys("/db status")
	p.keys(kb.Enter)
	p.see(`#log .message[data-user="USLACKBOT"][data-ephemeral]`)
	p.shot("notice")
	p.legible()
	w.connect()
	p.gone(`[data-testid="offline-note"]`)
}

func TestTheSideBarIsADrawerOnAPhone(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	p := w.tab(t, chrome, 380, "/?as=U0ANA&channel=C0GENERAL")
	p.click("#open-side")
	p.see(`.side [data-channel="C0QUIET"]`)
	p.until(`document.getElementById("side").contains(document.activeElement)`)
	p.shot("drawer-380")
	p.legible()
	p.keys(kb.Escape)
	p.until(`getComputedStyle(document.getElementById("side")).visibility === "hidden"`)
	p.click("#open-side")
	p.click(`.side [data-channel="C0QUIET"]`)
	p.until(`document.querySelector('[data-testid="channel-name"]').innerText === "quiet" && !document.body.classList.contains("side-open")`)
}

func TestEscapeClosesEveryModalOfAStack(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	told := fields{"notify_on_close": true}
	p.opens(app, modal("One", told))
	p.keys("x" + kb.Enter)
	app.ack(app.read(), fields{"response_action": "push", "view": modal("Two", told)})
	p.see(`[data-testid="modal-back"]`)
	p.keys(kb.Escape)
	p.gone(`[data-testid="modal"]`)
	for _, title := range []string{"Two", "One"} {
		e := app.read()
		app.ack(e, nil)
		if at(e, "payload", "view", "title", "text") != title || at(e, "payload", "is_cleared") != true {
			t.Errorf("the app was told %v, want that %s is closed", e["payload"], title)
		}
	}
}
