package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// heard is one event that reached a person's page.
type heard struct {
	event   string
	Text    string // of a notice
	Channel string
	Op      string // of a modal: open, update, close
	View    view
	Message struct {
		TS        string
		Thread    string `json:"thread_ts"`
		Channel   string
		User      string
		Text      string
		Ephemeral bool
		Blocks    json.RawMessage
		Files     []struct{ Name string }
	}
}

// view is a modal or a home tab.
type view struct {
	ID     string
	Title  json.RawMessage
	Blocks json.RawMessage
}

// lane is where something is read. What comes in one lane comes in order; two lanes know nothing of one another, as the
// messages in them are sent by different hands.
type lane string

const (
	alone    lane = "alone"    // in a channel, for one person's eyes
	everyone lane = "everyone" // in a channel
	inThread lane = "in the thread"
	directly lane = "directly" // in the person's own channel with the bot
	slackbot lane = "slackbot"
	inForm   lane = "in a form"
	atHome   lane = "at home"
)

func (h heard) lane() lane {
	switch {
	case h.event == "notice":
		return slackbot
	case h.event == "view":
		return inForm
	case h.event == "home":
		return atHome
	case h.Message.Ephemeral:
		return alone
	case strings.HasPrefix(h.Message.Channel, "D"):
		return directly
	case h.Message.Thread != "" && h.Message.Thread != h.Message.TS:
		return inThread.of(h.Message.Channel)
	}
	return everyone.of(h.Message.Channel)
}

// of a channel: what is said in one is not heard in another.
func (l lane) of(channel string) lane { return l + " of " + lane(channel) }

// said is what a reader makes of it.
func (h heard) said() string {
	switch h.event {
	case "notice":
		return readable(h.Text)
	case "view", "home":
		return wordsOf(h.View.Title) + "\n" + wordsOf(h.View.Blocks)
	}
	text := readable(h.Message.Text)
	for _, file := range h.Message.Files {
		text += "\n[" + file.Name + "]"
	}
	return text
}

// listener is one person's open page.
type listener struct {
	world   *world
	user    string
	fence   chan string   // texts of what this person said
	changed chan struct{} // the app's sockets came or went
	sockets int

	mu    sync.Mutex
	heard map[lane][]heard // by the bot or the workspace, not yet expected by anybody; oldest first
	more  chan struct{}    // closed and made anew whenever something is heard
	last  map[string]heard // by message: the newest state, for buttons
	seen  []string         // messages in the order of their last change
	home  view
	form  view
}

// listen opens a page and reads it until the test ends.
func (w *world) listen(t testing.TB, user string) *listener {
	t.Helper()
	l := &listener{
		world: w, user: user, fence: make(chan string, 10), changed: make(chan struct{}, 100),
		heard: map[lane][]heard{}, more: make(chan struct{}), last: map[string]heard{},
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+"/page/stream?as="+user, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	go l.read(bufio.NewScanner(answer.Body))
	return l
}

func (l *listener) read(lines *bufio.Scanner) {
	lines.Buffer(nil, 4<<20)
	event := ""
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			l.hear(event, data)
		}
	}
}

func (l *listener) hear(event, data string) {
	h := heard{event: event}
	if json.Unmarshal([]byte(data), &h) != nil {
		return
	}
	switch {
	case event == "app":
		l.changed <- struct{}{}
	case event == "message" && h.Message.User == l.user:
		l.fence <- h.Message.Text
	case strings.Contains(h.Message.Text, "dbbot-checkpoint-v1"): // comes when its time has come, whatever people talk about
	case event == "notice", event == "home", event == "view", (event == "message" || event == "changed") && h.Message.User == l.world.bot:
		l.keep(h)
	}
}

func (l *listener) keep(h heard) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch h.event {
	case "home":
		l.home = h.View
	case "view":
		l.form = h.View
		if h.Op == "close" {
			l.form = view{}
			return
		}
	case "message", "changed":
		before, known := l.last[h.Message.TS]
		l.last[h.Message.TS] = h
		l.seen = append(l.seen, h.Message.TS)
		if known && h.event == "changed" && h.lane() != alone && before.said() == h.said() { // a card drawn anew as it was
			return
		}
	}
	l.heard[h.lane()] = append(l.heard[h.lane()], h)
	close(l.more)
	l.more = make(chan struct{})
}

// next waits for the next thing this person reads there.
func (l *listener) next(t testing.TB, where lane, line string) heard {
	t.Helper()
	late := time.After(patience)
	for {
		l.mu.Lock()
		more, waiting := l.more, l.heard[where]
		if len(waiting) > 0 {
			l.heard[where] = waiting[1:]
			l.mu.Unlock()
			return waiting[0]
		}
		l.mu.Unlock()
		select {
		case <-more:
		case <-late:
			t.Fatalf("%s\nnothing came within %v; dbbot's log:\n%s", line, patience, l.world.log)
		}
	}
}

// finally waits until something reads as wanted, however often it changes until then.
func (l *listener) finally(t testing.TB, where lane, line, want string) {
	t.Helper()
	late, last := time.After(patience), "nothing"
	for {
		l.mu.Lock()
		more, waiting := l.more, l.heard[where]
		l.heard[where] = nil
		l.mu.Unlock()
		for i, h := range waiting {
			if last = h.said(); matches(last, want) {
				l.putBack(where, waiting[i+1:])
				return
			}
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("%s\n--- said last ---\n%s\n--- wanted ---\n%s\ndbbot's log:\n%s", line, last, want, l.world.log)
		}
	}
}

func (l *listener) putBack(where lane, rest []heard) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard[where] = append(rest, l.heard[where]...)
}

// unexpected is the first thing that nobody waited for. A home tab is drawn as often as it likes.
func (l *listener) unexpected() (heard, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for where, waiting := range l.heard {
		if len(waiting) > 0 && where != atHome {
			return waiting[0], true
		}
	}
	return heard{}, false
}

// pending tells what came without being expected. The person says something and waits to read it: what was sent before
// has then arrived too, since a page's events are in order.
func (l *listener) pending(t testing.TB) (heard, bool) {
	t.Helper()
	word := fmt.Sprintf("fence %d", time.Now().UnixNano())
	channels := l.world.boot(t, l.user).Channels
	if len(channels) == 0 {
		return heard{}, false
	}
	l.world.page(t, "say", map[string]any{"as": l.user, "channel": channels[0].ID, "text": word}, nil)
	for {
		select {
		case text := <-l.fence:
			if text != word {
				continue
			}
			return l.unexpected()
		case <-time.After(patience):
			t.Fatal("the fence did not come back")
		}
	}
}
