package ops

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

var secrets = []struct{ find, replace string }{
	// user:password@ in any URL, also one that does not parse (reference safety 1.9)
	{`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@'"]*):[^\s@'"]*@`, `$1:***@`},
	{`(?i)\b(password|passwd|pwd|sslpassword|secret|token)(\s*[=:]\s*)('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s'"&;,]+)`, `$1$2***`},
	{`(?i)\b(password)\s+'(?:[^']|'')*'`, `$1 '***'`}, // CREATE ROLE … PASSWORD '…'
	{`\bx(?:ox[a-z]|app)-[A-Za-z0-9-]+`, `***`},       // Slack tokens
	{`(https?://hooks\.slack[^/\s]*/)\S+`, `$1***`},
	{`(https?://[^/\s]+/(?:response|actions|commands)/)\S+`, `$1***`}, // response URLs
	{`\bAGE-SECRET-KEY-[A-Z0-9]+`, `***`},
	{`(?i)(Key \([^)]*\))=\(.*?\)`, `$1=(***)`}, // row values in PostgreSQL's error details
	{`(?i)(Failing row contains) \(.*\)`, `$1 (***)`},
}

var redactors = func() (out []struct {
	find    *regexp.Regexp
	replace string
},
) {
	for _, s := range secrets {
		out = append(out, struct {
			find    *regexp.Regexp
			replace string
		}{regexp.MustCompile(s.find), s.replace})
	}
	return out
}()

// Redact removes passwords, tokens, response URLs, keys and row values from a text that is about to be logged or
// shown. It is the last line of defence, not the first: secrets should not get into texts at all.
func Redact(s string) string {
	for _, r := range redactors {
		s = r.find.ReplaceAllString(s, r.replace)
	}
	return s
}

// Printable makes a name from outside fit to be shown on one line: control characters, line breaks and
// characters that turn the direction of text become visible escapes, and what is longer than max runes is cut
// with an ellipsis.
func Printable(s string, max int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == max {
			b.WriteRune('…')
			break
		}
		if invisible(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
		n++
	}
	return b.String()
}

func invisible(r rune) bool {
	return r == unicode.ReplacementChar || r != ' ' && !unicode.IsGraphic(r) || unicode.In(r, unicode.Zl, unicode.Zp)
}
