package workspace

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// These tests are conversations: a person at the page, and an app at its socket.

// value is what the named field holds.
func (p *tab) value(css string) string {
	p.Helper()
	return evaluate[string](p, fmt.Sprintf("document.querySelector(%q).value", css))
}

// focused says what has the focus: its test id, action id or class.
func (p *tab) focused() string {
	p.Helper()
	return evaluate[string](p, `(({ dataset, className }) => dataset.testid || dataset.actionId || className)(document.activeElement)`)
}

func (p *tab) text(css string) string {
	p.Helper()
	return evaluate[string](p, fmt.Sprintf("document.querySelector(%q).innerText", css))
}

// deployQuestion is an answer with a button that asks before it acts.
var deployQuestion = []fields{
	{"type": "section", "text": fields{"type": "mrkdwn", "text": "Two migrations wait."}},
	{"type": "actions", "block_id": "decide", "elements": []fields{{
		"type": "button", "action_id": "approve", "value": "token-7", "text": fields{"type": "plain_text", "text": "Approve"},
		"confirm": fields{
			"title": fields{"type": "plain_text", "text": "Sure?"}, "text": fields{"type": "mrkdwn", "text": "On *production*."},
			"confirm": fields{"type": "plain_text", "text": "Run it"}, "deny": fields{"type": "plain_text", "text": "No"},
		},
	}}},
}

func TestACommandAndAClickByKeyboardAlone(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.until(`document.activeElement.id === "composer-text"`)

	p.keys("/d")
	p.see(`[data-testid="completions"] [role=option]`)
	p.keys(kb.Tab)
	if got := p.value("#composer-text"); got != "/db " {
		t.Fatalf("completed to %q", got)
	}
	p.see(`[data-testid="usage-hint"] code`)
	p.shot("hint")
	p.keys("status <@orders> & co" + kb.Enter)
	e := app.read()
	if got := at(e, "payload", "text"); got != "status <@orders> & co" {
		t.Errorf("the app was sent %q", got)
	}
	app.ack(e, nil)
	w.json(at(e, "payload", "response_url").(string), fields{"text": "Two wait.", "blocks": deployQuestion})
	p.see(`[data-ephemeral] [data-action-id="approve"]`)
	if got := p.text("[data-ephemeral] .only-you"); got != "Only visible to you" {
		t.Errorf("the answer says %q", got)
	}

	p.keys(kb.ArrowUp) // the last line comes back
	if got := p.value("#composer-text"); got != "/db status <@orders> & co" {
		t.Errorf("arrow-up gave %q", got)
	}
	p.do("leave the composer", chromedp.KeyEvent(kb.F6, chromedp.KeyModifiers(8))) // shift: to the list
	p.keys(kb.ArrowUp)
	p.keys(kb.Tab)
	if got := p.focused(); got != "approve" {
		t.Fatalf("the focus is on %q, want the button", got)
	}
	p.keys(kb.Enter)
	p.see(`[data-testid="confirm"]`)
	p.shot("confirm")
	p.legible()
	p.keys(kb.Escape)
	p.gone(`[data-testid="confirm"]`)
	if got := p.focused(); got != "approve" {
		t.Errorf("after the dialog the focus is on %q", got)
	}
	p.keys(kb.Enter)
	p.see(`[data-testid="confirm-yes"]`)
	p.keys(kb.Enter)
	click := app.read()
	if got := at(click, "payload", "actions", 0, "value"); got != "token-7" || at(click, "payload", "container", "is_ephemeral") != true {
		t.Errorf("the click was %v", at(click, "payload"))
	}
	app.ack(click, nil)
	if sent := len(w.Deliveries()); sent != 2 {
		t.Errorf("%d envelopes were sent, want 2: the refused confirm sends none", sent)
	}
}

func TestAPersonSeesOnlyWhatIsTheirs(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	w.api("chat.postEphemeral", "channel", "C0GENERAL", "user", "U0ANA", "text", "for Ana alone")
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.see(`[data-ephemeral]`)
	p.click(`[data-testid="person-switch"]`)
	p.shot("people")
	p.legible()
	p.click(`[data-user="U0BEN"][role=menuitemradio]`)
	p.see(`[data-testid="person-switch"][data-user="U0BEN"]`)
	p.gone(`[data-ephemeral]`)
	p.until(`new URLSearchParams(location.search).get("as") === "U0BEN"`)
	p.see(`body[data-live="U0BEN"]`)

	w.api("chat.postMessage", "channel", "C0PARTNER", "text", "for whoever is in #partner")
	p.see(`[data-channel="C0PARTNER"] [data-testid="unread"]`)
	p.click(`.side [data-channel="C0PARTNER"]`)
	p.see(`#log [data-channel="C0PARTNER"]`)
	p.gone(`[data-testid="unread"]`)

	p.do("be a guest", chromedp.Navigate(w.url+"/?as=U0GUS"))
	p.see(`[data-testid="person-switch"][data-user="U0GUS"]`)
	if there := evaluate[int](p, `document.querySelectorAll('.side [data-channel="G0LEADS"]').length`); there != 0 {
		t.Error("a guest sees the leads' private channel")
	}
}

func TestAThreadIsReadAndAnswered(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	parent, err := w.Say("U0ANA", "C0GENERAL", "", "How large is the table?")
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{1280, 380} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			p := w.tab(t, chrome, width, "/?as=U0BEN&channel=C0GENERAL")
			p.do("hover", chromedp.Focus(chromedp.CSS(`.message[data-ts="`+parent+`"]`)))
			if width == 1280 {
				p.click(`[data-testid="reply"]`)
			} else {
				p.click(`[data-testid="thread-bar"]`)
			}
			p.until(`document.activeElement.id === "thread-text"`)
			p.keys("Four gigabytes" + kb.Enter)
			p.see(`#thread-log .message[data-user="U0BEN"]`)
			p.see(`[data-testid="thread-bar"]`)
			w.api("chat.postMessage", "channel", "C0GENERAL", "thread_ts", parent, "text", "and *growing*")
			p.see(`#thread-log .message[data-user="U0BOT"] strong`)
			p.shot(fmt.Sprintf("thread-%d", width))
			p.legible()
			p.keys("/db status")
			p.see(`#thread-text-hint .icon`)
			p.keys(kb.Escape)
			p.until(`document.getElementById("thread").hidden`)
		})
	}
}

func TestAReactionIsAddedAndTakenAway(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	app := w.connect()
	ts := w.botPosts("C0GENERAL", "text", "all is well")
	p := w.tab(t, chrome, 380, "/?as=U0ANA&channel=C0GENERAL")
	p.do("go to the message", chromedp.Focus(chromedp.CSS(`.message[data-ts="`+ts+`"]`)))
	p.keys(kb.Tab + kb.Enter)
	p.see(`[role=menu] [data-reaction="+1"]`)
	p.shot("react")
	p.keys(kb.Enter)
	p.see(`.reaction[data-reaction="+1"][aria-pressed="true"]`)
	p.shot("reacted")
	p.legible()
	if e := app.read(); at(e, "payload", "event", "type") != "reaction_added" || at(e, "payload", "event", "user") != "U0ANA" {
		t.Errorf("the app was told %v", e["payload"])
	} else {
		app.ack(e, nil)
	}
	p.click(`.reaction[data-reaction="+1"]`)
	p.gone(`.reaction`)
}

func TestAnEditedAndADeletedMessageChangeInPlace(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	ts, _ := w.api("chat.postMessage", "channel", "C0GENERAL", "text", "running")["ts"].(string)
	p.see(`.message[data-ts="` + ts + `"]`)
	w.api("chat.update", "channel", "C0GENERAL", "ts", ts, "text", "finished")
	p.until(`document.querySelector("#log .message .text")?.innerText.startsWith("finished")`)
	p.click(`.message[data-ts="` + ts + `"]`)
	p.click(`[data-testid="message-menu"]`)
	p.click(`[data-testid="raw-toggle"]`)
	p.see(`.message .json-box pre`)
	p.shot("raw")
	w.api("chat.delete", "channel", "C0GENERAL", "ts", ts)
	p.gone(`#log .message`)
}

func TestTheThemeFollowsTheSystemAndTheSwitch(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	dark := `getComputedStyle(document.body).backgroundColor === "rgb(23, 27, 30)"`
	for _, system := range []string{"dark", "light"} {
		p.theme(system)
		p.until(fmt.Sprintf("(%s) === %t", dark, system == "dark"))
	}
	p.click(`[data-testid="theme-toggle"]`) // light
	p.click(`[data-testid="theme-toggle"]`) // dark
	p.until(dark)
	p.until(`new URLSearchParams(location.search).get("theme") === "dark"`)
}

func TestTypedNamesBecomeMentions(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.until(`document.activeElement.id === "composer-text"`)
	p.keys("@le")
	p.see(`[data-testid="completions"] [role=option]`)
	p.keys(kb.Enter + "and @Ben, see #quiet & `@ben <x>` ana@ben.example")
	p.do("shift-enter", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(8)))
	p.keys(":hourg" + kb.Tab + kb.Enter)
	p.see(`#log .message .emoji`)
	want := "<@U0LEE> and <@U0BEN>, see <#C0QUIET|quiet> &amp; `@ben &lt;x&gt;` ana@ben.example\n:hourglass:"
	if got := w.Messages("C0GENERAL", "U0ANA")[0].Text; got != want {
		t.Errorf("sent was\n%s, want\n%s", got, want)
	}
	if got := p.text("#log .message .text"); got != "@Lee and @Ben, see #quiet & @ben <x> ana@ben.example\n⌛" {
		t.Errorf("shown is %q", got)
	}
	p.keys("/nonsense" + kb.Enter)
	p.until(`document.querySelector('[data-testid="composer-error"]').innerText.startsWith("No app here has this command")`)
	if got := p.value("#composer-text"); got != "/nonsense" {
		t.Errorf("a refused line was not kept: %q", got)
	}
	p.keys(kb.Home + " " + kb.Enter)
	p.until(`document.querySelector("#log .message:last-child").innerText.includes("/nonsense")`)
}
