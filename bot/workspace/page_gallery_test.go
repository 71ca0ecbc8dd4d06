package workspace

import (
	_ "embed"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// hang puts the gallery into a channel, the wrong messages too, which no app could post.
func (w *world) hang(channel string) {
	w.Helper()
	messages := gallery(w)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range messages {
		m := &messages[i].Message
		if m.User == "" {
			m.User, m.BotID, m.AppID = "U0BOT", "BA0BOT", "A0BOT"
		}
		if m.Blocks != nil {
			m.Blocks = identified(m.Blocks)
		}
		w.post(w.channels.byID[channel], m)
	}
}

//go:embed page/testdata/contrast.js
var contrastScript string

//go:embed page/testdata/named.js
var namedScript string

func TestThePageDrawsEveryBlock(t *testing.T) {
	chrome := browser(t)
	w := house(t, nil)
	w.connect()
	w.hang("C0GENERAL")
	for _, width := range []int64{1280, 380} {
		for _, theme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d %s", width, theme), func(t *testing.T) {
				p := w.tab(t, chrome, width, "/?as=U0ANA&channel=C0GENERAL&theme="+theme)
				p.until(fmt.Sprintf(`document.querySelectorAll("#log .message").length === %d`, len(gallery(t))))
				checkTypes(p)
				p.legible()
				if wide := evaluate[int](p, `document.documentElement.scrollWidth`); wide > int(width) {
					t.Errorf("the page is %d wide on a screen of %d", wide, width)
				}
				p.gallery(fmt.Sprintf("gallery-%d-%s", width, theme))
			})
		}
	}
}

// checkTypes: each block of the gallery is drawn by its own function, and what nobody knows is shown raw.
func checkTypes(p *tab) {
	p.Helper()
	for name := range blockShapes {
		drawn := evaluate[int](p, fmt.Sprintf(`document.querySelectorAll(".kind-%s").length`, name))
		if drawn == 0 && name != "alert" { // an alert is for modals only
			p.Errorf("no block %s was drawn", name)
		}
	}
	raw := evaluate[[]string](p, `[...document.querySelectorAll(".raw-box .raw-label strong")].map((n) => n.textContent)`)
	if want := fmt.Sprint([]string{"hologram", "teleport", "table"}); fmt.Sprint(raw) != want {
		p.Errorf("shown raw: %v, want %v", raw, want)
	}
}

// gallery takes pictures of the whole list, a screen at a time.
func (p *tab) gallery(name string) {
	if *shots == "" {
		return
	}
	for i := 0; i < 20; i++ {
		if !evaluate[bool](p, fmt.Sprintf(`(() => { const l = document.getElementById("log"); l.scrollTop = %d * (l.clientHeight - 40); return l.scrollTop >= %d * (l.clientHeight - 40) - 1 })()`, i, i)) {
			p.shot(fmt.Sprintf("%s-%02d", name, i))
			return
		}
		p.shot(fmt.Sprintf("%s-%02d", name, i))
	}
}

func TestHostileNamesAndTextsStayText(t *testing.T) {
	chrome := browser(t)
	w := house(t, func(cfg *Config) {
		cfg.People[1].RealName = `<img src=x onerror="document.title='owned'">`
		cfg.People[2].RealName = "Lee \u202e(nimda)"
		cfg.Channels[0].Topic = `"><script>document.title='owned'</script>`
	})
	w.hang("C0GENERAL")
	w.Say("U0BEN", "C0GENERAL", "", `<https://evil.example|<img src=x onerror=alert(1)>> <javascript:document.title='owned'|x>`)
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.until(`document.querySelectorAll("#log .message").length > 10`)
	p.click(`[data-testid="person-switch"]`)
	p.see(`[role=menu] [data-user="U0BEN"]`)
	p.shot("hostile")
	for what, bad := range map[string]string{
		"made an element":  `document.querySelectorAll("#log img, .menu img, #log script, #log iframe").length`,
		"made a link":      `[...document.querySelectorAll("a[href]")].filter((a) => !/^(https?:|mailto:|data:image|\/)/.test(a.getAttribute("href")) && !a.getAttribute("href").startsWith("#")).length`,
		"turned the words": `/[\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText) ? 1 : 0`,
		"ran":              `document.title.includes("owned") ? 1 : 0`,
		"got a handler":    `[...document.querySelectorAll("#log *, .menu *, .main header *")].filter((n) => [...n.attributes].some((a) => a.name.startsWith("on"))).length`,
	} {
		if n := evaluate[int](p, bad); n != 0 {
			t.Errorf("hostile text %s (%d)", what, n)
		}
	}
}

func TestTheDayAndTheGroupOfAMessage(t *testing.T) {
	chrome := browser(t)
	c := newClock()
	c.now = time.Now().Add(-26 * time.Hour)
	w := house(t, func(cfg *Config) { cfg.Now = c.Now })
	for _, text := range []string{"one", "two"} {
		if _, err := w.Say("U0BEN", "C0GENERAL", "", text); err != nil {
			t.Fatal(err)
		}
	}
	c.Pass(26 * time.Hour)
	if _, err := w.Say("U0BEN", "C0GENERAL", "", "three"); err != nil {
		t.Fatal(err)
	}
	p := w.tab(t, chrome, 1280, "/?as=U0ANA&channel=C0GENERAL")
	p.until(`document.querySelectorAll("#log .message").length === 3`)
	if days := evaluate[[]string](p, `[...document.querySelectorAll("#log .day")].map((d) => d.textContent)`); len(days) != 2 || days[1] != "Today" {
		t.Errorf("the days are %q", days)
	}
	if grouped := evaluate[int](p, `document.querySelectorAll("#log .message.grouped").length`); grouped != 1 {
		t.Errorf("%d messages stand under the same name, want 1", grouped)
	}
	p.do("reload", chromedp.Reload())
	p.see(`#log .message`)
}
