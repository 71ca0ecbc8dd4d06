package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// button finds the newest message with that button, and what pressing it sends.
func (l *listener) button(name string) map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.seen) - 1; i >= 0; i-- {
		h := l.last[l.seen[i]]
		if action := buttonIn(h.Message.Blocks, name); action != nil {
			return map[string]any{"channel": h.Message.Channel, "message_ts": h.Message.TS, "action": action}
		}
	}
	return nil
}

// homeButton finds it in the home tab as it is shown now.
func (l *listener) homeButton(name string) map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	if action := buttonIn(l.home.Blocks, name); action != nil {
		return map[string]any{"view_id": l.home.ID, "action": action}
	}
	return nil
}

// buttonIn finds a button by its words among blocks.
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

// submit fills in the field of the open form and sends it. What the form answers below its field is heard in the form.
func (l *listener) submit(t *testing.T, line, text string) {
	t.Helper()
	l.mu.Lock()
	form := l.form
	l.mu.Unlock()
	var blocks []struct {
		Type    string
		BlockID string `json:"block_id"`
		Element struct {
			ActionID string `json:"action_id"`
		}
	}
	_ = json.Unmarshal(form.Blocks, &blocks) // no form, no blocks
	for _, b := range blocks {
		if b.Type != "input" {
			continue
		}
		state := map[string]any{"values": map[string]any{b.BlockID: map[string]any{
			b.Element.ActionID: map[string]any{"type": "plain_text_input", "value": text},
		}}}
		var answer struct{ Errors map[string]string }
		l.world.page(t, "view", map[string]any{"as": l.user, "view_id": form.ID, "event": "submit", "state": state}, &answer)
		if fault := answer.Errors[b.BlockID]; fault != "" {
			h := heard{event: "view"}
			h.View.Blocks, _ = json.Marshal(map[string]string{"text": fault}) // of a string: cannot fail
			h.View.ID = form.ID
			l.mu.Lock()
			l.heard[inForm] = append(l.heard[inForm], h)
			l.mu.Unlock()
		}
		return
	}
	t.Fatalf("%s\nno form with a field is open", line)
}

// wordsOf gathers every text in a block or an element, in the order of the document.
func wordsOf(raw json.RawMessage) string {
	var lines []string
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	key := ""
	for depth := []bool{}; ; {
		token, err := decoder.Token()
		if err != nil {
			return strings.Join(lines, "\n")
		}
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth = append(depth, v == '{')
			} else {
				depth = depth[:len(depth)-1]
			}
			key = ""
		case string:
			switch {
			case len(depth) > 0 && depth[len(depth)-1] && key == "":
				key = v
				continue
			case key == "text" || key == "user_id":
				lines = append(lines, v)
			}
			key = ""
		default:
			if key == "timestamp" {
				lines = append(lines, fmt.Sprint(v))
			}
			key = ""
		}
	}
}
