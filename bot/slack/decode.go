package slack

import (
	"encoding/json"
	"strings"
	"time"

	"dbbot/bot"
	"dbbot/ops"
)

// self is who we are: what payloads are checked against.
type self struct {
	team       string
	enterprise string // of an organisation-wide installation; else empty
	app        string // empty until the first hello
	user       string // the bot's own user
}

// refusal is why an envelope is not acted upon. The reason is one of a few words, for the metric.
type refusal struct {
	reason string
	detail string
	form   bool // it was a form: its person is told below the field
}

func (r *refusal) Error() string { return r.reason + ": " + r.detail }

// The reasons.
const (
	malformed   = "malformed"    // not what Slack's documentation describes
	wrongTeam   = "wrong_team"   // another workspace
	wrongApp    = "wrong_app"    // another app
	unaddressed = "unauthorized" // Slack's own list of whom it is for has neither us nor the person
	ignored     = "ignored"      // nothing that we answer: our own words, other tabs, other interactions
	unknownType = "unknown_type"
	oversized   = "oversized"
	stopping    = "stopping"
)

func refuse(reason, detail string) (bot.Act, error) {
	return bot.Act{}, &refusal{reason: reason, detail: detail}
}

// decode turns an envelope into what somebody did, or refuses it. It is pure, and no input makes it panic.
func decode(e envelope, me self, at time.Time) (bot.Act, error) {
	switch e.Type {
	case typeOversized:
		return refuse(oversized, "larger than 1 MiB")
	case typeCommand, typeInteraction, typeEvent:
	default:
		return refuse(unknownType, word(e.Type))
	}
	if len(e.Payload) == 0 || string(e.Payload) == "null" {
		return refuse(malformed, "no payload")
	}
	switch e.Type {
	case typeCommand:
		return decodeCommand(e.Payload, me, at)
	case typeInteraction:
		return decodeInteraction(e.Payload, me, at)
	default:
		return decodeEvent(e.Payload, me, at)
	}
}

// into decodes a payload. The error says where, never what: a payload holds people's words and a response URL.
func into(payload json.RawMessage, target any) error {
	if err := json.Unmarshal(payload, target); err != nil {
		return &refusal{reason: malformed, detail: ops.Redact(ops.Printable(err.Error(), 200))}
	}
	return nil
}

// checkApp compares the app's id, which both sides may leave out.
func (me self) checkApp(id string) error {
	if me.app != "" && id != "" && id != me.app {
		return &refusal{reason: wrongApp, detail: ops.Printable(id, 40)}
	}
	return nil
}

// checkTeam wants our workspace; a payload of an organisation-wide installation may name the organisation alone.
func (me self) checkTeam(team, enterprise string) error {
	if team == me.team || team == "" && enterprise != "" && enterprise == me.enterprise {
		return nil
	}
	return &refusal{reason: wrongTeam, detail: ops.Printable(team, 40)}
}

// key joins what names an act into one de-duplication key. Where a part is missing the act cannot be told from
// another one, and a random key treats it as new. It is never made of the envelope's id, which changes when Slack
// delivers the same act again.
func key(kind string, parts ...string) string {
	out := kind
	for _, part := range parts {
		if part == "" {
			return kind + ":" + ops.Reference() + ops.Reference()
		}
		out += ":" + part
	}
	return out
}

// maxID bounds what names a person, a place, a moment or a view: Slack's own are a few dozen characters.
const maxID = 255

// sane says whether parts can be names of Slack's: what is not is malformed, and goes no further.
func sane(parts ...string) bool {
	for _, part := range parts {
		if len(part) > maxID || strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return false
		}
	}
	return true
}

// word is one of Slack's own words, as far as it can be one: for the log.
func word(s string) string {
	if s == "" || len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "that Slack does not have"
	}
	return s
}

// typed is what a person wrote, without the one character that no database takes.
func typed(text string) string { return strings.ReplaceAll(text, "\x00", "\uFFFD") }

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
