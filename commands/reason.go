package commands

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"dbbot/ops"
)

// maxReason is how many characters a reason may have: it is read on a phone, on a card that has more to say.
const maxReason = 300

// splitReason divides a line at the first "--" that stands alone and in no quotes. Phones make one dash of the two.
func splitReason(line string) (before, reason string, found bool) {
	in := []rune(line)
	for at := 0; at < len(in); {
		if unicode.IsSpace(in[at]) {
			at++
			continue
		}
		w, end, closed := next(in, at)
		switch {
		case !closed:
			return "", "", false
		case w == word{text: "--"}:
			return string(in[:at]), asSeen(in[end:]), true
		}
		at = end
	}
	return "", "", false
}

// asSeen is a text as its author saw it while typing: entities decoded, and of Slack's <…> forms what they show.
func asSeen(in []rune) string {
	var b strings.Builder
	for at := 0; at < len(in); {
		if end := form(in, at); end > at {
			w := word{text: string(in[at:end])}
			if mark := in[at+1]; mark == '@' || mark == '#' {
				b.WriteRune(mark)
			}
			b.WriteString(w.label())
			at = end
			continue
		}
		r, end := character(in, at)
		if unicode.IsSpace(r) {
			r = ' '
		}
		b.WriteRune(r)
		at = end
	}
	return strings.TrimSpace(b.String())
}

// because adds the reason. It is kept and shown to many: a password in it is hidden here already.
func (c Call) because(reason string) (Call, error) {
	if n := utf8.RuneCountInString(reason); n > maxReason {
		return Call{}, &ops.Error{
			Message: fmt.Sprintf("The reason is %d characters long; it may have %d.", n, maxReason),
			Hint:    "Say the most important in a sentence. Details can go into the thread of the card.",
		}
	}
	c.Change.Reason = ops.Printable(ops.Redact(reason), maxReason)
	return c, nil
}
