package workspace

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// What a person does with a control of the gallery, and what the app must then be sent as its action.
var controlsInUse = []struct {
	action string
	does   func(p *tab)
	wants  string // the part of the action that depends on the element, as JSON
}{
	{"reject", clicks(`[data-action-id="reject"]`), `{"type":"button"}`},
	{"approve", func(p *tab) { p.click(`[data-action-id="approve"]`); p.click(`[data-testid="confirm-yes"]`) }, `{"type":"button","value":"token-1"}`},
	{"more", func(p *tab) { p.click(`[data-action-id="more"]`); p.click(`.menu [data-value="retry"]`) }, `{"type":"overflow","selected_option":{"value":"retry","text":{"type":"plain_text","text":"Retry"}}}`},
	{"pick", chooses("pick", "repo", "reporting"), `{"type":"static_select","selected_option":{"value":"reporting","text":{"type":"plain_text","text":"reporting"}}}`},
	{"who", chooses("who", "Ben", "U0BEN"), `{"type":"users_select","selected_user":"U0BEN"}`},
	{"room", chooses("room", "quiet", "C0QUIET"), `{"type":"channels_select","selected_channel":"C0QUIET"}`},
	{"talk", chooses("talk", "partner", "C0PARTNER"), `{"type":"conversations_select","selected_conversation":"C0PARTNER"}`},
	{"day", sets("day", "2027-01-31"), `{"type":"datepicker","selected_date":"2027-01-31"}`},
	{"hour", sets("hour", "23:05"), `{"type":"timepicker","selected_time":"23:05"}`},
	{"ticks", clicks(`[data-action-id="ticks"] [data-value="fast"]`), `{"type":"checkboxes","selected_options":[{"value":"fast","text":{"type":"mrkdwn","text":"*Fast*"}}]}`},
	{"radio", clicks(`[data-action-id="radio"] [data-value="2"]`), `{"type":"radio_buttons","selected_option":{"value":"2","text":{"type":"plain_text","text":"Two"}}}`},
	{"feedback", clicks(`[data-action-id="feedback"][data-value="down"]`), `{"type":"feedback_buttons","value":"down"}`},
	{"bin", clicks(`[data-action-id="bin"]`), `{"type":"icon_button"}`},
	{"reason", func(p *tab) {
		p.do("write", chromedp.SendKeys(chromedp.CSS(`[data-action-id="reason"]`), "because"))
		p.enter()
	}, `{"type":"plain_text_input","value":"because"}`},
	{"cancel_1", clicks(`[data-action-id="cancel_1"]`), `{"type":"button"}`},
	{"in_container", clicks(`[data-action-id="in_container"]`), `{"type":"button"}`},
	{"in_layout", clicks(`[data-action-id="in_layout"]`), `{"type":"button"}`},
	{"in_carousel", clicks(`[data-action-id="in_carousel"]`), `{"type":"button"}`},
	{"open_backup", clicks(`[data-action-id="open_backup"]`), `{"type":"button"}`},
}

func clicks(css string) func(*tab) {
	return func(p *tab) { p.Helper(); p.click(css) }
}

func chooses(action, words, value string) func(*tab) {
	return func(p *tab) {
		p.Helper()
		p.do("open", chromedp.Click(chromedp.CSS(`[data-action-id="`+action+`"] input`)))
		p.do("clear", chromedp.KeyEvent("a", chromedp.KeyModifiers(2))) // control-a
		p.keys(words)
		p.see(`.listbox .active[data-value="` + value + `"]`)
		p.keys(kb.Enter)
	}
}

func sets(action, value string) func(*tab) {
	return func(p *tab) {
		p.Helper()
		evaluate[bool](p, fmt.Sprintf(`(() => { const n = document.querySelector('[data-action-id="%s"]'); n.value = %q; return n.dispatchEvent(new Event("change", { bubbles: true })) })()`, action, value))
	}
}

func TestEveryControlSendsItsAction(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	w.hang("C0GENERAL")
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	for _, use := range controlsInUse {
		use.does(p)
		e := app.read()
		app.ack(e, nil)
		action, _ := at(e, "payload", "actions", 0).(map[string]any)
		var want map[string]any
		if err := json.Unmarshal([]byte(use.wants), &want); err != nil {
			t.Fatal(err)
		}
		if action["action_id"] != use.action {
			t.Fatalf("%s: the app was sent %v", use.action, action)
		}
		for name, value := range want {
			if fmt.Sprint(action[name]) != fmt.Sprint(value) {
				t.Errorf("%s: %s is %v, want %v", use.action, name, action[name], value)
			}
		}
		p.until(`!document.querySelector('[data-action-id="` + use.action + `"][aria-busy]')`)
	}
}
