package commands

import (
	"fmt"
	"strings"
	"unicode"

	"dbbot/ops"
)

// maxLine is how many characters a command may have. Slack does not state its own limit; the longest sensible
// command has about a hundred.
const maxLine = 1000

// word is one word of a command, as it was meant: entities decoded, quotes taken off, Slack's <…> forms whole.
type word struct {
	text   string
	quoted bool // stood in quotes: a value, never a command's name nor small talk
}

// lex splits a line into words. It knows what phones and Slack make of a line: curly quotes, dashes that were two
// hyphens, &lt; &gt; &amp;, and <@U1|ana> or <http://…|…> with spaces inside. There are no variables and no escapes;
// a quote inside quotes is doubled, and an apostrophe inside a word is only an apostrophe.
func lex(line string) ([]word, error) {
	in := []rune(line)
	if len(in) > maxLine {
		return nil, &ops.Error{
			Message: fmt.Sprintf("That is %d characters long; a command has at most %d.", len(in), maxLine),
			Hint:    "/db help shows what can be asked for.",
		}
	}
	var words []word
	for at := 0; at < len(in); {
		if unicode.IsSpace(in[at]) {
			at++
			continue
		}
		w, end, closed := next(in, at)
		if !closed {
			return nil, &ops.Error{
				Message: fmt.Sprintf("The quote at character %d is never closed.", at+1),
				Hint:    "Close it, or leave it out: names without spaces need no quotes.",
			}
		}
		words, at = append(words, w), end
	}
	return words, nil
}

// next reads the word that begins at a character which is no space; closed is false for a quote without an end.
func next(in []rune, at int) (w word, end int, closed bool) {
	if quote(in[at]) != 0 {
		text, end, closed := quoted(in, at)
		return word{text, true}, end, closed
	}
	text, end := bare(in, at)
	return word{text: text}, end, true
}

// bare reads a word without quotes that begins at a character which is no space.
func bare(in []rune, at int) (string, int) {
	var b strings.Builder
	if in[at] == '—' || in[at] == '–' {
		b.WriteString("--")
		at++
	}
	for at < len(in) && !unicode.IsSpace(in[at]) {
		if end := form(in, at); end > at {
			b.WriteString(string(in[at:end]))
			at = end
			continue
		}
		r, end := character(in, at)
		if q := quote(r); q != 0 {
			r = q
		}
		b.WriteRune(r)
		at = end
	}
	return b.String(), at
}

// quoted reads a word in quotes. A quote closes it only at the end of a word, so that 'don't' is one.
func quoted(in []rune, at int) (text string, end int, closed bool) {
	var b strings.Builder
	mark := quote(in[at])
	for at++; at < len(in); {
		if quote(in[at]) == mark {
			switch next := at + 1; {
			case ends(in, next):
				return b.String(), next, true
			case quote(in[next]) == mark:
				at++ // doubled: one of them is meant
			}
		}
		r, next := character(in, at)
		b.WriteRune(r)
		at = next
	}
	return "", at, false
}

// punctuation may stand behind a word and is no part of it.
const punctuation = ".,;:!?"

// ends says whether a word that goes up to here has ended: a space follows, or the end, after punctuation or not.
func ends(in []rune, at int) bool {
	for at < len(in) && strings.ContainsRune(punctuation, in[at]) {
		at++
	}
	return at == len(in) || unicode.IsSpace(in[at])
}

// quote gives the straight quote that a character stands for, or 0.
func quote(r rune) rune {
	switch {
	case strings.ContainsRune(`"“”„‟«»`, r):
		return '"'
	case strings.ContainsRune(`'‘’‚‛`, r):
		return '\''
	}
	return 0
}

var entities = map[string]rune{"&lt;": '<', "&gt;": '>', "&amp;": '&'}

// character reads one character, or one of the three entities that Slack makes.
func character(in []rune, at int) (rune, int) {
	for entity, r := range entities {
		if end := at + len(entity); end <= len(in) && string(in[at:end]) == entity {
			return r, end
		}
	}
	return in[at], at + 1
}

// form gives the end of one of Slack's <…> forms that begins here, or 0. Text of people never looks like one:
// their own < arrives as &lt;.
func form(in []rune, at int) int {
	if in[at] != '<' || at+1 == len(in) || !strings.ContainsRune("@#!", in[at+1]) && !unicode.IsLetter(in[at+1]) {
		return 0
	}
	for end := at + 1; end < len(in) && in[end] != '<'; end++ {
		if in[end] == '>' {
			return end + 1
		}
	}
	return 0
}

// label is what a person sees of a word: <@U1|ana> shows ana, <http://shop.example|shop.example> the latter.
func (w word) label() string {
	if w.quoted || !strings.HasPrefix(w.text, "<") || !strings.HasSuffix(w.text, ">") {
		return w.text
	}
	inner := strings.Trim(w.text, "<>")
	if _, label, _ := strings.Cut(inner, "|"); label != "" {
		return label
	}
	return strings.Trim(inner, "@#|")
}
