package blockkit

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"dbbot/ops"
)

// escape is the one way from data into Slack's mark-up: of these three characters all mentions, links and
// broadcasts are made, and no others (reference: Slack's "escaping text").
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// plainMarks takes the formatting marks out of small print, where mark-up cannot be avoided. They could not do
// more than make a word bold, but a name should look like itself.
var plainMarks = strings.NewReplacer("*", "∗", "~", "∼", "`", "'")

// escapeWithin escapes s and cuts it to limit bytes, never inside a character or an entity; what is cut ends with
// the sentence more.
func escapeWithin(s string, limit int, more string) string {
	whole := escape.Replace(strings.ToValidUTF8(s, "\uFFFD"))
	if len(whole) <= limit {
		return whole
	}
	limit -= len(more)
	end := 0
	for end < len(whole) {
		next := end + step(whole[end:])
		if next > limit {
			break
		}
		end = next
	}
	return whole[:end] + more
}

// Plain is a few sentences as a text of Slack's that is no message of ours: escaped, and with nothing invisible in it.
func Plain(s string) string {
	text, _ := wholeLines(strings.Split(s, "\n"), maxTextObject)
	return escapeWithin(text, maxFallback, "…")
}

// step is how many bytes the first character of an escaped text takes: an entity counts as one.
func step(s string) int {
	for _, entity := range []string{"&amp;", "&lt;", "&gt;"} {
		if strings.HasPrefix(s, entity) {
			return len(entity)
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// oneLine makes text from outside fit to be shown on one line of at most max characters; what is cut ends with
// an ellipsis. Escapes of invisible characters count as the characters they are shown as.
func oneLine(s string, max int) string {
	s = ops.Printable(s, max)
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	return string([]rune(s)[:max-1]) + "…"
}

// Ids as Slack gives them out. A span that claims to be a person or a channel and is not is shown as text.
var (
	personID  = regexp.MustCompile(`^[UW][A-Z0-9]{2,40}$`)
	channelID = regexp.MustCompile(`^[CGD][A-Z0-9]{2,40}$`)
)

func isPerson(id string) bool  { return personID.MatchString(id) }
func isChannel(id string) bool { return channelID.MatchString(id) }

func length(s string) int { return utf8.RuneCountInString(s) }
