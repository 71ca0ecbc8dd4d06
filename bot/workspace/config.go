package workspace

import (
	"log/slog"
	"time"
)

// Config is a workspace before it starts: who is in it, which apps are installed, and how strict time is.
// New copies what it needs; a Config may be used again.
type Config struct {
	Team       Team
	Teams      []Team // other organisations, for people and channels shared with them
	People     []Person
	Usergroups []Usergroup
	Channels   []Channel
	Apps       []App

	FreePlan bool // user groups answer plan_upgrade_required

	Periods Periods // how long things last; zero means Slack's own value
	Limits  Limits  // how much is allowed; zero means Slack's own value

	Now func() time.Time // where time comes from; nil means time.Now
	Log *slog.Logger     // nil means silence
}

// Team is a workspace: ours, or another organisation's.
type Team struct {
	ID     string
	Name   string
	Domain string // empty means the name in lower case with dashes
}

// Kind says what sort of person somebody is here.
type Kind string

// The kinds of people Slack tells apart.
const (
	Member             Kind = "member"
	Guest              Kind = "guest"                // multi-channel guest: is_restricted
	SingleChannelGuest Kind = "single_channel_guest" // is_ultra_restricted
	Deleted            Kind = "deleted"              // deactivated
	Bot                Kind = "bot"
	External           Kind = "external" // of another organisation, met through a shared channel: is_stranger
)

var kinds = []Kind{Member, Guest, SingleChannelGuest, Deleted, Bot, External}

// Person is a user of the workspace. An external person carries another TeamID.
type Person struct {
	ID       string
	Name     string // the short name, after the @
	RealName string
	Title    string
	Email    string
	Kind     Kind   // empty means Member
	TeamID   string // empty means the workspace's own
	TZ       string // IANA name; empty means Europe/London
	Admin    bool
}

// Usergroup is a named group of people that can be mentioned: @engineers.
type Usergroup struct {
	ID     string
	Handle string // without the @
	Name   string
	Users  []string
}

// ChannelKind is public, private or im.
type ChannelKind string

// The kinds of conversation. Group direct messages are not modelled.
const (
	Public  ChannelKind = "public"
	Private ChannelKind = "private"
	Direct  ChannelKind = "im"
)

// Channel is a conversation. Direct messages between each app's bot and each person are made by New: the bot of the
// first app and U0ANA share D0ANA.
type Channel struct {
	ID         string
	Name       string // without the #
	Kind       ChannelKind
	Topic      string
	Purpose    string
	Members    []string
	SharedWith []string // ids of other teams: is_ext_shared
	Archived   bool
	User       string // the person of a direct message
}

// App is an installed app, as its manifest describes it.
type App struct {
	ID       string
	Name     string
	BotUser  string // user id of its bot; New adds the person where People does not have it
	BotID    string // B…; empty means the app's id with a B in front
	BotToken string // xoxb-…
	AppToken string // xapp-…, with connections:write

	Scopes   []string // granted to the bot token
	Commands []Command
	Events   []string // subscribed bot events, such as app_mention

	Interactivity       bool
	HomeTab             bool
	MessagesTab         bool
	MessagesTabReadOnly bool // people cannot write to the bot directly
}

// Command is a slash command of an app.
type Command struct {
	Command      string // with its slash
	Description  string
	UsageHint    string
	ShouldEscape bool // people and channels in the text arrive as <@U…> and <#C…>
}
