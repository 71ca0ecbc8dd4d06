package commands

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
)

const (
	shown  = 60 // characters of a typed word that are repeated to its author: enough to recognise it
	listed = 12 // databases that a sentence names; the rest are counted
)

// unknown says that no command is among the words, and what comes near them.
func (c Catalogue) unknown(words []word) error {
	err := &ops.Error{
		Message: fmt.Sprintf("There is no command called “%s”.", show(words)),
		Hint:    "/db help shows what there is.",
	}
	if near := c.suggest(words); len(near) > 0 {
		err.Hint = fmt.Sprintf("Did you mean /db %s? %s", strings.Join(near, ", or /db "), err.Hint)
		return err
	}
	if target, ok := c.mentioned(words); ok && c.begins("status") {
		err.Message, err.Hint = fmt.Sprintf("What about %s?", target.Database),
			fmt.Sprintf("For example /db status %s. %s", target.Database, err.Hint)
	}
	return err
}

// mentioned is the first database that the words name.
func (c Catalogue) mentioned(words []word) (ops.Target, bool) {
	for _, w := range words {
		if target, ok := c.database(w); ok {
			return target, true
		}
	}
	return ops.Target{}, false
}

// suggest gives the line again with what looks like a slip of the finger mended, likeliest first; among those that are
// as likely, what only reads comes before what can lose data.
func (c Catalogue) suggest(words []word) []string {
	known := slices.Clone(c.commands)
	risks := []ops.Risk{ops.Read, ops.Operate, ops.Change, ops.Destroy}
	slices.SortStableFunc(known, func(a, b Command) int {
		return cmp.Compare(slices.Index(risks, a.Risk), slices.Index(risks, b.Risk))
	})
	paths := make([]string, len(known))
	for i, command := range known {
		paths[i] = command.Path
	}
	for long := maxPath; long > 0; long-- {
		for at := 0; at+long <= len(words); at++ {
			typed := words[at : at+long]
			if !slices.ContainsFunc(typed, func(w word) bool { return !smallTalk(w) }) {
				continue
			}
			if near := Nearest(show(typed), paths); len(near) > 0 {
				for i, path := range near {
					if command := c.at(path); command.Split { // what was typed may stand in its middle: nobody knows which word is the id
						near[i] = command.Usage()
						continue
					}
					before, after := c.mended(path, words[:at]), c.mended(path, words[at+long:])
					near[i] = show(slices.Concat(before, []word{{text: path}}, after))
				}
				return near
			}
		}
	}
	return nil
}

// mended gives the words around a command's path with each mistyped database name put right, where the command
// takes one: a line that is offered should work when it is typed.
func (c Catalogue) mended(path string, words []word) []word {
	if !slices.ContainsFunc(c.at(path).Args, func(a Arg) bool { return a.Kind == DatabaseArg || a.Kind == AllArg }) {
		return words
	}
	out := slices.Clone(words)
	for i, w := range out {
		if _, known := c.database(w); known || smallTalk(w) {
			continue
		}
		if near := Nearest(w.label(), c.databaseNames()); len(near) > 0 {
			out[i] = word{text: near[0]}
		}
	}
	return out
}

// at is the command of that path, which is one of the catalogue's.
func (c Catalogue) at(path string) Command {
	return c.commands[slices.IndexFunc(c.commands, func(command Command) bool { return command.Path == path })]
}

// show repeats words to the person who typed them.
func show(words []word) string {
	var texts []string
	for _, w := range words {
		texts = append(texts, w.label())
	}
	return ops.Printable(strings.Join(texts, " "), shown)
}

// surplus says why a word has no place in a command.
func (c Catalogue) surplus(about About, v Values, w word) error {
	typed := show([]word{w})
	if about.Risk != ops.Read && !w.quoted && strings.HasPrefix(w.text, "--") {
		return &ops.Error{
			Message: fmt.Sprintf("“%s” has no option “%s”.", about.Path, typed),
			Hint:    "A reason stands behind two dashes and a space: /db " + about.Usage(),
		}
	}
	for _, arg := range about.Args {
		_, taken := v.words[arg.Name]
		_, counted := v.numbers[arg.Name]
		switch {
		case (arg.Kind == DatabaseArg || arg.Kind == AllArg) && !taken:
			return c.noDatabase(typed)
		case arg.Kind == NumberArg && !counted:
			return &ops.Error{
				Message: fmt.Sprintf("The %s must be a whole number, and “%s” is none.", arg.Name, typed),
				Hint:    "Type it like this: /db " + about.Usage(),
			}
		}
	}
	return &ops.Error{
		Message: fmt.Sprintf("“%s” does not know what to do with “%s”.", about.Path, typed),
		Hint:    fmt.Sprintf("Type it like this: /db %s. /db help %s says more.", about.Usage(), about.Path),
	}
}

// which asks for the name of a database.
func (c Catalogue) which(about About) error {
	if len(c.databases) == 0 {
		return &ops.Error{Message: "No database is configured here.", Hint: "Whoever runs dbbot names them in its file, under databases."}
	}
	return &ops.Error{
		Message: "Which database? " + c.names(),
		Hint:    fmt.Sprintf("For example /db %s %s", about.Path, c.databases[0].Database),
	}
}

func (c Catalogue) noDatabase(typed string) error {
	err := &ops.Error{Message: fmt.Sprintf("There is no database called “%s”.", typed), Hint: c.names()}
	if near := Nearest(typed, c.databaseNames()); len(near) > 0 {
		err.Hint = fmt.Sprintf("Did you mean %s? %s", strings.Join(near, ", or "), err.Hint)
	}
	return err
}

func (c Catalogue) databaseNames() []string {
	names := make([]string, len(c.databases))
	for i, target := range c.databases {
		names[i] = target.Database
	}
	return names
}

// names lists the databases in a sentence.
func (c Catalogue) names() string {
	var names []string
	for _, target := range c.databases[:min(len(c.databases), listed)] {
		names = append(names, target.Database)
	}
	switch more := len(c.databases) - len(names); {
	case len(names) == 0:
		return "No database is configured here."
	case more > 0:
		return fmt.Sprintf("There are %s and %d more.", strings.Join(names, ", "), more)
	case len(names) == 1:
		return fmt.Sprintf("There is only %s.", names[0])
	}
	last := len(names) - 1
	return fmt.Sprintf("There are %s and %s.", strings.Join(names[:last], ", "), names[last])
}
