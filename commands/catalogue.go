package commands

import (
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
)

// Catalogue holds every command, in the order of their paths.
type Catalogue struct {
	commands  []Command
	databases []ops.Target
}

// All builds every registered command. It panics where a declaration is incomplete: that is a mistake of the
// programmer, and this happens at start and in every test.
func All(t Toolbox) Catalogue { return catalogue(t, makers) }

func catalogue(t Toolbox, makers []func(Toolbox) Command) Catalogue {
	c := Catalogue{databases: t.Databases}
	t.declared = func() []About { return c.Commands() }
	for _, maker := range makers {
		c.commands = append(c.commands, maker(t))
	}
	slices.SortFunc(c.commands, func(a, b Command) int { return strings.Compare(a.Path, b.Path) })
	for i, command := range c.commands {
		if fault := command.fault(); fault != "" {
			panic(fmt.Sprintf("command %q: %s", command.Path, fault))
		}
		if i > 0 && c.commands[i-1].Path == command.Path {
			panic(fmt.Sprintf("command %q is registered twice", command.Path))
		}
	}
	return c
}

// Commands lists all declarations, in the order of their paths.
func (c Catalogue) Commands() []About {
	var all []About
	for _, command := range c.commands {
		all = append(all, command.About)
	}
	return all
}

// fault says what is missing in a declaration; empty where it is complete.
func (c Command) fault() string {
	switch {
	case c.Path == "" || c.Path != strings.Join(strings.Fields(strings.ToLower(c.Path)), " "):
		return "the path must be words in lower case, with one space between them"
	case len(strings.Fields(c.Path)) > maxPath:
		return "the path is too long to be typed"
	case !slices.Contains(ops.Risks(), c.Risk):
		return fmt.Sprintf("unknown risk %q", c.Risk)
	case c.Summary == "" || strings.HasSuffix(c.Summary, "."):
		return "the summary must be one line without a full stop"
	case c.Example == "":
		return "no example"
	case c.changes != (c.Risk != ops.Read):
		return "a Question has the risk read, and a Change has not"
	case c.partial:
		return "a Change needs Parse, Plan, Run and Look"
	}
	names := map[string]bool{}
	for _, arg := range c.Args {
		if arg.Name == "" || arg.Hint == "" || names[arg.Name] {
			return fmt.Sprintf("argument %q needs a name of its own and a hint", arg.Name)
		}
		names[arg.Name] = true
	}
	return ""
}

// Usage is a command and its arguments as help shows them: "status [database]", "cancel <pid> <database> [-- reason]".
func (a About) Usage() string {
	var words []string
	for _, arg := range a.Args {
		switch {
		case arg.Kind == ToArg:
			words = append(words, "[to <"+arg.Name+">]")
		case arg.Kind == NamedArg: // typed by buttons; help tells those who look closer
		case arg.Optional || arg.Kind == AllArg:
			words = append(words, "["+arg.Name+"]")
		default:
			words = append(words, "<"+arg.Name+">")
		}
	}
	if a.Risk != ops.Read {
		words = append(words, "[-- reason]")
	}
	return a.line(words)
}

// line is the path with arguments behind it, or round its last words.
func (a About) line(args []string) string {
	path := []string{a.Path}
	if first, last, _ := strings.Cut(a.Path, " "); a.Split && len(args) > 0 {
		path, args = []string{first, args[0], last}, args[1:]
	}
	return strings.Join(append(path, args...), " ")
}
