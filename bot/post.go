package bot

import (
	"dbbot/commands"
	"dbbot/ops"
)

// Post is something to say, as data: a view, and the token its buttons carry.
type Post struct {
	View  commands.View
	Token string // random, opaque; empty where the view has no buttons
	By    string // id of the person who shared or refreshed it; empty otherwise
}

// Origin is where something was typed or pressed, and so where the answer belongs.
type Origin struct {
	Team      string
	Channel   string
	Thread    string     // timestamp of the thread's first message; empty outside threads
	Message   string     // timestamp of the message whose button was pressed; empty for typed commands
	Ephemeral bool       // the pressed message was for one person alone
	Direct    bool       // a direct message with the bot
	Respond   ops.Secret // Slack's response URL: five uses in thirty minutes; empty for mentions
	Trigger   ops.Secret // opens a modal within three seconds; empty for mentions
}
