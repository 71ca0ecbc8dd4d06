package bot

import (
	"encoding/json"

	"dbbot/commands"
)

// Said is what a message of the outbox says, as data: its body. It is made with the move that causes it; where it stands,
// who is called and the link to the card are found out when it is sent.
type Said struct {
	View commands.View
	Call []string `json:",omitempty"` // groups of the policy: their people are named, so that they hear of it
	File *File    `json:",omitempty"`
}

// File is a text too long for a message: it goes into the message's thread.
type File struct {
	Name  string
	Title string
	Text  string
}

func (s Said) body() []byte {
	body, _ := json.Marshal(s) // plain data: cannot fail but for a year above 9999, and then nothing is said
	return body
}
