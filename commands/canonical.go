package commands

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// canonical writes a bound command down so that the same words bind to the same call again, whatever is configured then:
// its path first, its arguments in the declared order, and nothing left to be filled in.
func (c Catalogue) canonical(about About, v Values) string {
	var words []string
	for _, arg := range about.Args {
		text, given := v.words[arg.Name]
		n, counted := v.numbers[arg.Name]
		switch {
		case counted:
			words = append(words, strconv.Itoa(n))
		case given && arg.Kind == NamedArg:
			words = append(words, typed(arg.Name+"="+text))
		case given && arg.Kind == ToArg:
			words = append(words, "to", typed(text))
		case given && c.named(word{text: text}):
			words = append(words, inQuotes(text))
		case given:
			words = append(words, typed(text))
		}
	}
	return about.line(words)
}

// plain matches what means itself without quotes, unless it is small talk or the name of a command.
var plain = regexp.MustCompile(`^[\pL\pN_][\pL\pN_=:+./-]*[\pL\pN_]$|^[\pL\pN_]$`)

// Typing is a command as one types it, with these arguments.
func Typing(path string, args ...string) string {
	for _, arg := range args {
		path += " " + typed(arg)
	}
	return path
}

// typed writes an argument as one types it: in quotes where it would otherwise mean something else.
func typed(text string) string {
	if plain.MatchString(text) && !slices.Contains(small, strings.ToLower(text)) {
		return text
	}
	return inQuotes(text)
}

// written is how a text stands between quotes: a quote of any shape has another before it, and what looks like an entity
// stays what it is.
var written = strings.NewReplacer(`"`, `""`, "“", `"“`, "”", `"”`, "„", `"„`, "‟", `"‟`, "«", `"«`, "»", `"»`, "&", "&amp;")

func inQuotes(text string) string { return `"` + written.Replace(text) + `"` }
