package commands

import (
	"slices"
	"strings"
	"sync"

	"dbbot/ops/approval"
)

// Saying is a request's command as people say it: without the arguments that only buttons carry, which keep it exact and
// which nobody reads.
func Saying(r approval.Request) string {
	words, err := lex(r.Words)
	if err != nil { // kept by another version of dbbot
		return r.Words
	}
	var said []string
	for _, w := range words {
		name, _, named := strings.Cut(w.text, "=")
		switch {
		case named && slices.Contains(carried()[r.Command], name):
		case w.quoted:
			said = append(said, inQuotes(w.text))
		default:
			said = append(said, w.text)
		}
	}
	return strings.Join(said, " ")
}

// carried are the names of the arguments that only buttons carry, by the path of their command.
var carried = sync.OnceValue(func() map[string][]string {
	names := map[string][]string{}
	for _, about := range All(Toolbox{}).Commands() {
		for _, arg := range about.Args {
			if arg.Kind == NamedArg {
				names[about.Path] = append(names[about.Path], arg.Name)
			}
		}
	}
	return names
})
