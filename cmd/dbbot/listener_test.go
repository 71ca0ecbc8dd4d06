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
	Message struct {
		TS        string
		Channel   string
		User      string
		Text      string
		Ephemeral bool
		Blocks    json.RawMessage
	}
}

// listener is one person's open page.
type listener struct {
	world   *world
	user    string
	events  chan heard    // by the bot or the workspace, oldest first
	fence   chan string   // texts of what this person said
	changed chan struct{} // the app's sockets came or went
	sockets int

	mu   sync.Mutex
	last map[string]heard // by message: the newest state, for buttons
	seen []string         // messages in the order of their last change
}

// listen opens a page and reads it until the test ends.
func (w *world) listen(t *testing.T, user string) *listener {
	t.Helper()
	l := &listener{
		world: w, user: user, events: make(chan heard, 100), fence: make(chan string, 10),
		changed: make(chan struct{}, 10), last: map[string]heard{},
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
	case event == "notice":
		l.events <- h
	case event != "message" && event != "changed":
	case h.Message.User == l.world.bot:
		l.mu.Lock()
		l.last[h.Message.TS] = h
		l.seen = append(l.seen, h.Message.TS)
		l.mu.Unlock()
		l.events <- h
	case h.Message.User == l.user && event == "message":
		l.fence <- h.Message.Text
	}
}

// next waits for the next thing this person is told.
func (l *listener) next(t *testing.T, line string) heard {
	t.Helper()
	select {
	case h := <-l.events:
		return h
	case <-time.After(patience):
		t.Fatalf("%s\nnothing came within %v; dbbot's log:\n%s", line, patience, l.world.log)
		return heard{}
	}
}

// pending tells what came without being expected. The person says something and waits to read it: what was sent before
// has then arrived too, since a page's events are in order.
func (l *listener) pending(t *testing.T) (heard, bool) {
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
			select {
			case h := <-l.events:
				return h, true
			default:
				return heard{}, false
			}
		case <-time.After(patience):
			t.Fatal("the fence did not come back")
		}
	}
}

// button finds the newest message with that button, and what pressing it sends.
func (l *listener) button(name string) (message place, action map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.seen) - 1; i >= 0; i-- {
		h := l.last[l.seen[i]]
		if action := buttonIn(h.Message.Blocks, name); action != nil {
			return place{h.Message.TS, h.Message.Channel}, action
		}
	}
	return place{}, nil
}

// buttonIn finds a button by its word in a message's blocks.
func buttonIn(raw json.RawMessage, name string) map[string]any {
	var blocks []struct {
		Type     string
		BlockID  string `json:"block_id"`
		Elements []json.RawMessage
	}
	_ = json.Unmarshal(raw, &blocks) // a message without blocks has no button
	for _, b := range blocks {
		if b.Type != "actions" {
			continue
		}
		for _, element := range b.Elements {
			var button struct {
				Type     string
				ActionID string `json:"action_id"`
				Value    string
				Text     struct{ Text string }
			}
			if json.Unmarshal(element, &button) == nil && button.Type == "button" && strings.HasSuffix(button.Text.Text, name) {
				return map[string]any{
					"type": "button", "block_id": b.BlockID, "action_id": button.ActionID, "value": button.Value,
					"text": map[string]any{"type": "plain_text", "text": button.Text.Text},
				}
			}
		}
	}
	return nil
}

// place is where a message stands.
type place struct{ TS, Channel string }
