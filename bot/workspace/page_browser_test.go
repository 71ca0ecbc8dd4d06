package workspace

import (
	"context"
	"errors"
	stdflag "flag" // flag is a rule of the validator here
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var shots = stdflag.String("shots", "", "write screenshots of the page into this directory, to be looked at")

// browserPatience bounds one thing a test waits for; a browser on a busy machine is slow.
const browserPatience = 20 * time.Second

// browser starts one Chromium for a test, or skips where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" || testing.Short() {
		t.Skip("no Chromium or Chrome on PATH (or -short): the page is not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-prefers-reduced-motion", true)) // a click finds nothing that still moves
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { cancel(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Skipf("%s does not start: %v", path, err)
	}
	return ctx
}

// house is a workspace for tests of the page. Apps have as long as a browser on a busy machine: an envelope that ran out
// of its three seconds would come again.
func house(t *testing.T, change func(*Config)) *world {
	return open(t, func(cfg *Config) {
		unlimited(cfg)
		cfg.Periods.Ack, cfg.Periods.Trigger = browserPatience, browserPatience
		cfg.Channels[0].Topic = "Everything about the shop"
		if change != nil {
			change(cfg)
		}
	})
}

// tab is one open page. It notes every complaint of the browser and every request to another host.
type tab struct {
	*world
	ctx    context.Context
	mu     sync.Mutex
	faults []string
}

func (w *world) tab(t *testing.T, browser context.Context, width int64, address string) *tab {
	t.Helper()
	w.TB = t
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	out := &tab{world: w, ctx: ctx}
	if err := chromedp.Listen(ctx, out.note); err != nil {
		t.Fatal(err)
	}
	out.do("open "+address, chromedp.EmulateViewport(width, 860), chromedp.Navigate(w.url+address))
	out.see(`body[data-live]`)
	t.Cleanup(func() {
		for _, fault := range out.complaints() {
			t.Errorf("the browser said: %s", fault)
		}
	})
	return out
}

func (p *tab) note(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			p.faults = append(p.faults, fmt.Sprintf("console.%s %v", e.Type, e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" {
			p.faults = append(p.faults, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, p.url) && !strings.HasPrefix(e.Request.URL, "data:") {
			p.faults = append(p.faults, "request to "+e.Request.URL)
		}
	}
}

func (p *tab) complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.faults...)
}

// forgive forgets complaints about what a test did on purpose.
func (p *tab) forgive() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// legible checks what is on the screen now: contrast, and names for screen readers.
func (p *tab) legible() {
	p.Helper()
	for _, low := range evaluate[[]string](p, contrastScript) {
		p.Errorf("low contrast: %s", low)
	}
	for _, nameless := range evaluate[[]string](p, namedScript) {
		p.Errorf("no name for a screen reader: %s", nameless)
	}
}

func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, browserPatience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.shot("failed")
		p.Fatalf("%s: %v; complaints: %q", what, err, p.complaints())
	}
}

// see waits until something that fits the selector is visible; gone, until nothing is there.
func (p *tab) see(css string) {
	p.Helper()
	p.do("see "+css, chromedp.WaitVisible(chromedp.CSS(css)))
}

func (p *tab) gone(css string) {
	p.Helper()
	p.do("gone "+css, chromedp.WaitNotPresent(chromedp.CSS(css)))
}

func (p *tab) click(css string) {
	p.Helper()
	p.do("click "+css, chromedp.Click(chromedp.CSS(css)))
}

// keys types into whatever has the focus.
func (p *tab) keys(keys string) {
	p.Helper()
	for i, part := range strings.Split(keys, kb.Enter) {
		if i > 0 {
			p.enter()
		}
		if part != "" {
			p.do("type "+part, chromedp.KeyEvent(part))
		}
	}
}

// enter presses Enter as a keyboard does. chromedp sends the character by itself, so that a page which takes the key
// for something else would still be sent the line break, or see its form submitted.
func (p *tab) enter() {
	p.Helper()
	for _, down := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Text: "\r"}, {Type: input.DispatchKeyEventTypeKeyUp}} {
		down.Key, down.Code, down.WindowsVirtualKeyCode = "Enter", "Enter", 13
		if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, down); err != nil {
			p.Fatal(err)
		}
	}
}

// until waits for an expression to be true.
func (p *tab) until(expression string) {
	p.Helper()
	p.do("until "+expression, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		yes, err := chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(browserPatience/2))(ctx, t)
		if err == nil && !yes {
			err = errors.New("it is not")
		}
		return chromedp.Void{}, err
	})
}

func evaluate[T any](p *tab, expression string) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, browserPatience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return out
}

func (p *tab) theme(name string) {
	p.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	if err != nil {
		p.Fatal(err)
	}
}

// shot keeps a picture where -shots asks for them.
func (p *tab) shot(name string) {
	if *shots == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o644)
	}
	if err != nil {
		p.Logf("no picture %s: %v", name, err)
	}
}
