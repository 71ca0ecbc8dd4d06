package workspace

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Surface is where blocks appear; it decides which blocks are allowed and how many.
type Surface string

// The three surfaces of Block Kit.
const (
	SurfaceMessage Surface = "message"
	SurfaceModal   Surface = "modal"
	SurfaceHome    Surface = "home"
)

// Limits of a whole message or view.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxMarkdown      = 12000 // all markdown blocks of a payload together
	maxBlocksText    = 13200 // undocumented: msg_blocks_too_long appears at about this (slackapi/bolt-js#2509)
)

// validateBlocks judges the `blocks` of a message or view as Slack does. It returns nothing for good blocks, else
// one sentence a fault for response_metadata.messages ("[ERROR] … [json-pointer:/blocks/0/text]"), at most maxFaults.
func validateBlocks(surface Surface, raw json.RawMessage) []string {
	value, ok := decodeJSON(raw)
	if !ok {
		return []string{"[ERROR] invalid JSON [json-pointer:/blocks]"}
	}
	j := newJudge(surface)
	j.blocks("/blocks", value)
	return j.faults
}

// ValidateMessage is validateBlocks for the blocks of a message: for programs that want Slack's verdict before they
// send (this workspace gives the same one).
func ValidateMessage(blocks []byte) []string { return validateBlocks(SurfaceMessage, blocks) }

// blocks judges the array of blocks at the top of a message or view.
func (j *judge) blocks(at string, value any) {
	limit := maxMessageBlocks
	if j.surface != SurfaceMessage {
		limit = maxViewBlocks
	}
	list{max: limit, of: anyBlock{}}.judge(j, at, value)
}

// anyBlock is a block that the surface allows.
type anyBlock struct{ nested []string }

func (b anyBlock) judge(j *judge, at string, value any) {
	object, name, ok := typeOf(j, at, value)
	if !ok {
		return
	}
	rules, known := blockShapes[name]
	if !known || !rules.allows(j.surface) || !b.allows(name) {
		j.fault(at+"/type", "unsupported type: %s", quoted(name))
		return
	}
	outer := j.actions
	j.actions = map[string]bool{}
	rules.shape.judge(j, at, object)
	j.actions = outer
}

func (b anyBlock) allows(name string) bool {
	return b.nested == nil || slices.Contains(b.nested, name)
}

// decodeJSON reads exactly one JSON value, numbers as written.
func decodeJSON(raw json.RawMessage) (value any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil, false
	}
	_, err := d.Token()
	return value, err == io.EOF
}

// blocksTextLength counts the code points of all text in the blocks, which Slack bounds together (maxBlocksText,
// msg_blocks_too_long). The cells of a data_table have a budget of their own and are left out.
func blocksTextLength(raw json.RawMessage) int {
	value, _ := decodeJSON(raw)
	return textLength(value)
}

func textLength(value any) (n int) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			n += textLength(item)
		}
	case map[string]any:
		if v["type"] == "data_table" {
			return 0
		}
		for key, item := range v {
			if s, ok := item.(string); ok && key == "text" {
				n += utf8.RuneCountInString(s)
			} else {
				n += textLength(item)
			}
		}
	}
	return n
}

// pointer joins a JSON pointer and an index.
func pointer(at string, i int) string { return at + "/" + strconv.Itoa(i) }
