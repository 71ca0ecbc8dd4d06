package workspace

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Limits of a message's text, in code points. Slack cuts longer text of new messages off, and refuses it in updates.
const (
	maxText        = 40_000
	maxUpdateText  = 4_000
	maxAttachments = 100
)

// content is what a message says, checked: the same arguments everywhere a message can be written.
type content struct {
	text        string
	hasText     bool
	blocks      json.RawMessage // nil: not given
	attachments json.RawMessage // nil: not given
	metadata    json.RawMessage // nil: not given
}

// readContent reads and checks what a message says.
func readContent(in *arguments) (content, error) {
	out := content{text: in.text("text"), hasText: in.has("text")}
	markdown := in.text("markdown_text")
	var err error
	if out.blocks, err = in.structure("blocks"); err != nil {
		return out, err
	}
	if out.attachments, err = in.structure("attachments"); err != nil {
		return out, err
	}
	if out.metadata, err = in.structure("metadata"); err != nil {
		return out, err
	}
	if markdown != "" {
		if out.text != "" || out.blocks != nil {
			return out, fail("markdown_text_conflict")
		}
		out.blocks, _ = json.Marshal([]fields{{"type": "markdown", "text": markdown}})
	}
	return out, out.check()
}

func (c *content) check() error {
	if c.blocks != nil {
		if err := checkBlocks(SurfaceMessage, c.blocks); err != nil {
			return err
		}
		c.blocks = identified(c.blocks)
	}
	if c.attachments != nil {
		var list []map[string]json.RawMessage
		if json.Unmarshal(c.attachments, &list) != nil {
			return fail("invalid_attachments")
		}
		if len(list) > maxAttachments {
			return fail("too_many_attachments")
		}
		for _, attachment := range list {
			if attachment["blocks"] == nil {
				continue
			}
			if err := checkBlocks(SurfaceMessage, attachment["blocks"]); err != nil {
				return err
			}
			attachment["blocks"] = identified(attachment["blocks"])
		}
		c.attachments, _ = json.Marshal(list) // it was JSON before
	}
	if c.metadata != nil {
		var shape struct {
			EventType    string         `json:"event_type"`
			EventPayload map[string]any `json:"event_payload"`
		}
		if json.Unmarshal(c.metadata, &shape) != nil || shape.EventType == "" || shape.EventPayload == nil {
			return fail("invalid_metadata_format")
		}
	}
	if utf8.RuneCountInString(c.text) > maxText {
		c.text = string([]rune(c.text)[:maxText])
	}
	return nil
}

// checkBlocks refuses what Slack refuses, with its reasons.
func checkBlocks(surface Surface, blocks json.RawMessage) error {
	var list []map[string]json.RawMessage
	if json.Unmarshal(blocks, &list) != nil {
		return fail("invalid_blocks_format")
	}
	if reasons := validateBlocks(surface, blocks); len(reasons) > 0 {
		return failWith("invalid_blocks", reasons)
	}
	if blocksTextLength(blocks) > maxBlocksText {
		return fail("msg_blocks_too_long")
	}
	return nil
}

// says reports whether there is anything to show.
func (c *content) says() bool {
	return strings.TrimSpace(c.text) != "" || !empty(c.blocks) || !empty(c.attachments)
}

// empty reports whether a list is absent or has nothing in it.
func empty(list json.RawMessage) bool {
	var items []json.RawMessage
	return list == nil || json.Unmarshal(list, &items) != nil || len(items) == 0
}

// into puts the content into a message.
func (c *content) into(m *Message) {
	m.Text, m.Blocks, m.Attachments = c.text, c.blocks, c.attachments
	if empty(m.Blocks) {
		m.Blocks = nil
	}
	if empty(m.Attachments) {
		m.Attachments = nil
	}
	if c.metadata != nil {
		m.Metadata = c.metadata
	}
}
