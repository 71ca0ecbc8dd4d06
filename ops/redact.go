package ops

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// A value stands in quotes, which a cut may have left open, or goes up to the next white space. Too much is hidden
// rather than too little.
const value = `(?:\\?'(?:[^'\\]|\\[^'"]|''|\\')*(?:'|$)|\\"[^"]*(?:"|$)|"(?:[^"\\]|\\.)*(?:"|$)|\S+)`

// Patterns of what must not be seen, each with what stands in its place. The order matters: URLs come first, because a
// password in one may look like the beginning of something else.
var secrets = []struct {
	find    *regexp.Regexp
	replace string
}{
	// user:password@ up to the last @ of the word, also in a URL that does not parse (reference safety 1.9). A
	// database's may have blanks in its password: up to the last @ of the line.
	{regexp.MustCompile(`(?i)\b((?:postgres(?:ql)?|pgx5?|rediss?)://[^\s:@]*):.*@`), `$1:***@`},
	{regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:@]*):\S*@`), `$1:***@`},
	// password = 'x', DB_PASSWORD=x, "client_secret": "x", Token:x, sslpassword=x
	{regexp.MustCompile(`(?is)([\w-]*(?:passw(?:or)?d|pwd|passphrase|secret|token|ticket|signature|api_?key|access_?key)[\w-]*[\\"']{0,2}\s*[=:]\s*)` + value), `$1***`},
	{regexp.MustCompile(`(?is)\b(password\s+)(?:e?'(?:[^'\\]|''|\\.)*(?:'|$)|\$\w*\$.*)`), `$1***`}, // CREATE ROLE … PASSWORD '…'
	{regexp.MustCompile(`(?i)\b(bearer\s+|authorization:\s*\w+\s+)\S+`), `$1***`},
	{regexp.MustCompile(`(?:xox[a-z]|xapp)-[A-Za-z0-9-]+`), `***`}, // Slack tokens
	{regexp.MustCompile(`(https?://hooks\.slack[^/\s]*/)\S+`), `$1***`},
	{regexp.MustCompile(`(https?://[^/\s]+/(?:response|actions|commands)/)\S+`), `$1***`}, // response URLs
	{regexp.MustCompile(`\bAGE-SECRET-KEY-[A-Z0-9]+`), `***`},
	{regexp.MustCompile(`(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END|$)`), `$1***`},
	// row values in PostgreSQL's error details, which may hold brackets and line breaks
	{regexp.MustCompile(`(?is)\b(key \(.*?\))=\(.*\)`), `$1=(***)`},
	{regexp.MustCompile(`(?is)(failing row contains) \(.*`), `$1 (***)`},
	{regexp.MustCompile(`(?is)(invalid input (?:syntax|value) for [^:"]*:? )".*`), `$1***`},
}

// Redact removes passwords, tokens, response URLs, keys and row values from a text that is about to be logged or
// shown. It is the last line of defence, not the first: secrets should not get into texts at all. What is to be cut
// is redacted before: half a secret has lost what it is known by.
func Redact(s string) string {
	for _, r := range secrets {
		s = r.find.ReplaceAllString(s, r.replace)
	}
	return s
}

// Printable makes a name from outside fit to be shown on one line: control characters, line breaks, characters that
// turn the direction of text and those that show nothing become visible escapes, and what is longer than max runes
// is cut with an ellipsis. An escape is longer than the rune it stands for: the result may have ten times max.
func Printable(s string, max int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n >= max {
			b.WriteRune('…')
			break
		}
		switch {
		case !invisible(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		n++
	}
	return b.String()
}

// emojiStyle follows a character that may be drawn as an emoji; it hides nothing, and names of people have it.
const emojiStyle = '\ufe0f'

func invisible(r rune) bool {
	switch {
	case r == ' ' || r == emojiStyle:
		return false
	case r == unicode.ReplacementChar || r == '\u2800': // a byte that is no character; a braille pattern without dots
		return true
	}
	return !unicode.IsGraphic(r) ||
		unicode.In(r, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
