package policy

import (
	"fmt"
	"strings"
	"time"

	"dbbot/ops"
)

// standings is what people hear who are not full members of the workspace: what they are, and whom to ask.
var standings = map[ops.Standing]string{
	ops.Guest:       "You are a guest of this workspace, and dbbot works for full members only. Ask a full member to look for you.",
	ops.SingleGuest: "You are a single-channel guest of this workspace, and dbbot works for full members only. Ask a full member to look for you.",
	ops.Bot:         "dbbot works for people, not for bots and apps. Ask a person to do it.",
	ops.Deleted:     "This account has been deactivated, so dbbot does nothing for it. Ask a full member, or an admin of the workspace.",
	ops.External:    "You are from another organisation, and dbbot works for full members of its own workspace only. Ask one of them.",
	ops.Unknown: "Slack's directory could not be read, so dbbot cannot tell who you are. Try again in a minute; " +
		"if it stays like that, ask whoever runs dbbot.",
}

// doing is how a risk is said after "may".
var doing = map[ops.Risk]string{
	ops.Read:    "read",
	ops.Operate: "run operations on",
	ops.Change:  "change",
	ops.Destroy: "do what can lose data on",
}

const askOperator = "Ask whoever runs dbbot."

func whyUnnamed(t ops.Target) string {
	if t.Environment == "" {
		return fmt.Sprintf("%s has no environment in dbbot's configuration, so nobody may do anything on it. %s", place(t), askOperator)
	}
	return fmt.Sprintf("dbbot's policy has no entry for the environment of %s, so nobody may do anything on it. %s", place(t), askOperator)
}

func whyNobody(risk ops.Risk, t ops.Target) string {
	return fmt.Sprintf("dbbot's policy has no rule that lets anybody %s. Ask whoever runs dbbot to add one for the risk %q.",
		deed(risk, t), ops.Printable(string(risk), longestName))
}

func whyUnsound(risk ops.Risk, t ops.Target) string {
	return fmt.Sprintf("dbbot's policy does not say properly who must agree to %s, so nobody may. %s", deed(risk, t), askOperator)
}

func whyOthers(groups []string, risk ops.Risk, t ops.Target) string {
	return fmt.Sprintf("Only %s may %s. Ask one of them.", either(groups), deed(risk, t))
}

func whyUnseen(groups []string, risk ops.Risk, t ops.Target) string {
	return fmt.Sprintf("Only %s may %s, and Slack's user groups could not be read just now, so dbbot cannot tell whether you are one. "+
		"Try again in a minute, or ask one of them.", either(groups), deed(risk, t))
}

// whyNoDeciders is about what runs without consent.
const whyNoDeciders = "Nobody has to agree to this, so nobody else decides it."

func whyNoDecider(by []string) string {
	return fmt.Sprintf("Only %s may decide this. Ask one of them.", either(by))
}

func whyUnseenDecider(by []string) string {
	return fmt.Sprintf("Only %s may decide this, and Slack's user groups could not be read just now, so dbbot cannot tell whether you are one. "+
		"Try again in a minute, or ask one of them.", either(by))
}

// Closed says why nobody may do what risk says on a database at this moment; empty where it is open.
func (p Policy) Closed(risk ops.Risk, t ops.Target, now time.Time) string {
	shut, opens, err := p.Rule(risk, t).Windows.Shut(now)
	switch {
	case !shut:
		return ""
	case err != nil:
		return fmt.Sprintf("dbbot's policy says when nobody may %s, and leaves no time open. %s", deed(risk, t), askOperator)
	}
	return fmt.Sprintf("By dbbot's policy nobody may %s at this hour. It opens again on %s (%s).",
		deed(risk, t), opens.Format("Monday, 2 January, at 15:04"), opens.Location())
}

func deed(risk ops.Risk, t ops.Target) string {
	verb, known := doing[risk]
	if !known {
		verb = "do that on"
	}
	return verb + " " + place(t)
}

// longestName bounds what a configured name may take of a sentence.
const longestName = 64

func place(t ops.Target) string {
	name := ops.Printable(t.Database, longestName)
	switch environment := ops.Printable(t.Environment, longestName); {
	case name == "" && environment == "":
		return "this database"
	case name == "":
		return environment
	case environment == "":
		return name
	default:
		return fmt.Sprintf("%s (%s)", name, environment)
	}
}

// either joins names as people do: "a", "a or b", "a, b or c".
func either(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = ops.Printable(name, longestName)
	}
	last := len(shown) - 1
	if last < 1 {
		return strings.Join(shown, "")
	}
	return strings.Join(shown[:last], ", ") + " or " + shown[last]
}
