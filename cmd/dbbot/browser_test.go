package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestNewcomerInABrowser is what README promises: one command, a browser, /db status typed on the keyboard, and the
// true state of a running PostgreSQL on the page; then the buttons, and the same on a telephone. With -update it
// writes README's picture.
func TestNewcomerInABrowser(t *testing.T) {
	browser := chromium(t)
	demo, log := demoIn(t, temporary(t))
	address := says(t, log, `Open (http://\S+) and type`)

	page := visit(t, browser, 1180, 1150, address+"?as=U0ANA&channel=C0DBOPS")
	page.keys("/db status orders\r")
	const last = `#log article:last-of-type `
	page.see(last + `[data-action-id^="share"]`)
	page.reads(last, `orders, production`, `PostgreSQL 1\d`, `Blocked sessions`, `3 migrations pending`)
	read := page.text(last + `.context`)
	pause(t.Context(), statusFresh) // a younger reading is shown again
	page.click(last + `[data-action-id^="refresh"]`)
	page.untilOther(last+`.context`, read)
	if *update { // README's picture has somebody blocked: that takes the workload a few seconds
		pause(t.Context(), 4*time.Second)
		read = page.text(last + `.context`)
		page.click(last + `[data-action-id^="refresh"]`)
		page.untilOther(last+`.context`, read)
	}
	page.picture("testdata/page.png")
	page.click(last + `[data-action-id^="share"]`)
	page.see(`[data-testid="confirm-yes"]`)
	page.click(`[data-testid="confirm-yes"]`)

	// What Ana shared, Lee reads on a telephone.
	phone := visit(t, browser, 380, 800, address+"?as=U0LEE&channel=C0DBOPS")
	phone.see(last + `[data-action-id^="refresh"]`)
	phone.reads(last, `orders, production`)
	if wide := evaluate[bool](phone, `document.documentElement.scrollWidth > innerWidth`); wide {
		t.Error("at 380 pixels the page has to be scrolled sideways")
	}
	interrupt(t, demo, log)
}

// TestChangeInABrowser is a change as people meet it: Ana sees who blocks, presses the button beside it and confirms; Lee, on
// a telephone, reads the card, types the database's name, and the same card says what came of it.
func TestChangeInABrowser(t *testing.T) {
	browser := chromium(t)
	demo, log := demoIn(t, temporary(t))
	address := says(t, log, `Open (http://\S+) and type`)
	const last, terminate = `#log article:last-of-type `, `#log article:last-of-type [data-action-id^="terminate"]`

	page := visit(t, browser, 1180, 1150, address+"?as=U0ANA&channel=C0ORDERS")
	page.keys("/db locks orders\r")
	page.see(last + `[data-action-id^="refresh"]`)
	for tries := 0; !evaluate[bool](page, `document.querySelector(`+quote(terminate)+`) !== null`); tries++ {
		if tries == 60 { // the demo's workload blocks somebody all but a second or two of each minute
			t.Fatal("nobody is ever blocked:\n" + page.text(last))
		}
		pause(t.Context(), time.Second) // a person looks again every now and then
		read := page.text(last + `.context`)
		page.click(last + `[data-action-id^="refresh"]`)
		page.untilOther(last+`.context`, read)
	}
	page.click(terminate)
	page.see(`[data-testid="confirm-yes"]`)
	page.click(`[data-testid="confirm-yes"]`)
	page.see(last + `[data-action-id^="approve"]`)
	page.reads(last, `#1 terminate \d+ orders: pending`, `One of leads must agree`, `Ana`)
	page.picture("testdata/card.png")

	phone := visit(t, browser, 380, 800, address+"?as=U0LEE&channel=C0ORDERS")
	phone.see(last + `[data-action-id^="approve"]`)
	if wide := evaluate[bool](phone, `document.documentElement.scrollWidth > innerWidth`); wide {
		t.Error("at 380 pixels the page has to be scrolled sideways")
	}
	phone.click(last + `[data-action-id^="approve"]`)
	phone.see(`[data-testid="modal"] input`)
	phone.do(chromedp.Focus(chromedp.CSS(`[data-testid="modal"] input`)))
	phone.keys("orders\r")
	ended := `!document.querySelector(` + quote(last+`[data-action-id]`) + `)`
	for _, v := range []*visitor{page, phone} {
		v.until(ended)
		v.reads(last, `#1 terminate \d+ orders: succeeded`, `Agreed.*Lee`)
	}
	interrupt(t, demo, log)
}

// chromium starts a browser, or skips where there is none.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		path, err = exec.LookPath("google-chrome")
	}
	if err != nil {
		t.Skip("no Chromium or Chrome on PATH: the demo is not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { cancel(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return ctx
}

// visitor is somebody who looks at the page.
type visitor struct {
	*testing.T
	ctx context.Context
}

func visit(t *testing.T, browser context.Context, width, height int64, address string) *visitor {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // opens the tab, which a bounded context would close again
		t.Fatal(err)
	}
	v := &visitor{t, ctx}
	v.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
	v.see("#composer-text")
	v.do(chromedp.Focus(chromedp.CSS("#composer-text")))
	return v
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.Fatalf("%v; the page shows:\n%s", err, v.text("body"))
	}
}

func (v *visitor) see(css string)   { v.Helper(); v.do(chromedp.WaitVisible(chromedp.CSS(css))) }
func (v *visitor) click(css string) { v.Helper(); v.do(chromedp.Click(chromedp.CSS(css))) }
func (v *visitor) keys(keys string) { v.Helper(); v.do(chromedp.KeyEvent(keys)) }

func (v *visitor) text(css string) string {
	v.Helper()
	return evaluate[string](v, `document.querySelector(`+quote(css)+`)?.innerText ?? ""`)
}

// reads checks that each expression is found in what is shown.
func (v *visitor) reads(css string, expressions ...string) {
	v.Helper()
	shown := v.text(css)
	for _, expression := range expressions {
		if !regexp.MustCompile(expression).MatchString(shown) {
			v.Errorf("the page does not say %q:\n%s", expression, shown)
		}
	}
}

// untilOther waits until something else is shown there.
func (v *visitor) untilOther(css, before string) {
	v.Helper()
	v.until(`document.querySelector(` + quote(css) + `)?.innerText !== ` + quote(before))
}

// until waits until an expression is true in the page.
func (v *visitor) until(expression string) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if ok, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience/2))); err != nil || !ok {
		v.Fatalf("still not %s: %v\n%s", expression, err, v.text("body"))
	}
}

// picture writes what is shown, where -update asks for it.
func (v *visitor) picture(path string) {
	v.Helper()
	if !*update {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, picture, 0o644)
	}
	if err != nil {
		v.Fatal(err)
	}
}

func evaluate[T any](v *visitor, expression string) T {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		v.Fatalf("%s: %v", expression, err)
	}
	return out
}

func quote(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always can be
	}
	return string(quoted)
}
