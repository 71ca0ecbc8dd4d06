package commands

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"dbbot/ops"
)

var _ = add(help)

type helpArgs struct{ about string }

func help(t Toolbox) Command {
	return question(Question[helpArgs]{
		About: About{
			Path: "help", Risk: ops.Read,
			Args:    []Arg{{Name: "command", Kind: CommandArg, Optional: true, Hint: "what you want to know more about"}},
			Summary: "what you can ask for, or all about one command", Example: "help status",
		},
		Parse: func(v Values) (helpArgs, []ops.Target, error) { return helpArgs{about: v.Word("command")}, nil, nil },
		Answer: func(_ context.Context, asker Asker, args helpArgs, _ []ops.Target) (View, error) {
			all := t.declared()
			if i := slices.IndexFunc(all, func(a About) bool { return a.Path == args.about }); i >= 0 {
				return page(all[i], asker, t.Databases), nil
			}
			return overview(slices.DeleteFunc(all, func(a About) bool { // "migrate" is the beginning of several
				return args.about != "" && !strings.HasPrefix(a.Path, args.about+" ")
			})), nil
		},
	})
}

// chapters of the overview, each with the commands that belong there.
var chapters = []struct {
	title  string
	belong func(About) bool
}{
	{"Look at a database", func(a About) bool { return a.Risk == ops.Read && a.onDatabase() }},
	{"Operate: no schema and no data is lost", func(a About) bool { return a.Risk == ops.Operate }},
	{"Change: the schema moves forward", func(a About) bool { return a.Risk == ops.Change }},
	{"Destroy: data or state can be lost", func(a About) bool { return a.Risk == ops.Destroy }},
	{"About dbbot and you", func(a About) bool { return a.Risk == ops.Read && !a.onDatabase() }},
}

func (a About) onDatabase() bool {
	return slices.ContainsFunc(a.Args, func(arg Arg) bool { return arg.Kind == DatabaseArg || arg.Kind == AllArg })
}

func overview(all []About) View {
	view := View{
		Title: "What dbbot can do",
		Lead:  Text{{Text: "Type "}, {Kind: Literal, Text: "/db"}, {Text: " and one of these. In a thread, where slash commands do not work, mention @dbbot instead."}},
		Notes: []Text{{{Kind: Literal, Text: "/db help status"}, {Text: " says all about one command. A database may be left out where there is only one."}}},
	}
	for _, chapter := range chapters {
		section := Section{Title: chapter.title}
		for _, about := range all {
			if chapter.belong(about) {
				section.Lines = append(section.Lines, Text{{Kind: Literal, Text: about.Usage()}, {Text: ": " + about.Summary}})
			}
		}
		if len(section.Lines) > 0 {
			view.Parts = append(view.Parts, Part{Section: &section})
		}
	}
	return view
}

// page says all about one command, from its declaration.
func page(about About, asker Asker, databases []ops.Target) View {
	view := View{Title: "/db " + about.Usage(), Lead: Say(capital(about.Summary) + ".")}
	arguments := Section{Title: "Arguments"}
	for _, arg := range about.Args {
		label := arg.Name
		if arg.Kind == NamedArg {
			label += "=…"
		}
		arguments.Lines = append(arguments.Lines, Text{{Kind: Literal, Text: label}, {Text: ": " + arg.Hint}})
	}
	if about.Risk != ops.Read {
		arguments.Lines = append(arguments.Lines, Text{{Kind: Literal, Text: "-- reason"}, {Text: ": why, in a sentence, for those who agree and for the record"}})
	}
	if len(arguments.Lines) > 0 {
		view.Parts = append(view.Parts, Part{Section: &arguments})
	}
	view.Parts = append(view.Parts, Part{Section: &Section{Title: "Risk", Summary: Say(string(about.Risk) + ", " + costs[about.Risk])}})
	if about.Risk != ops.Read {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: "Before it runs", Summary: Say("you see what exactly will happen; " +
			"where others must agree, nothing runs before they have")}})
	}
	who := Section{Title: "Who may", Summary: Say("every full member of this workspace")}
	if about.onDatabase() {
		who = Section{Title: "You may", Lines: permissions(asker, about.Risk, databases)}
	}
	view.Parts = append(view.Parts, Part{Section: &who}, Part{Code: &Code{Title: "For example", Text: "/db " + about.Example}})
	return view
}

// costs says a risk in words.
var costs = map[ops.Risk]string{
	ops.Read:    "it looks and changes nothing",
	ops.Operate: "it changes something, but no schema and no data is lost",
	ops.Change:  "the schema moves forward",
	ops.Destroy: "data or state can be lost",
}

// permissions says on which databases somebody may do something, and why not on the others.
func permissions(asker Asker, risk ops.Risk, databases []ops.Target) (lines []Text) {
	for _, target := range databases {
		lines = append(lines, permission(asker, risk, target, target.Database))
	}
	if len(lines) == 0 {
		lines = []Text{Say("No database is configured here.")}
	}
	return lines
}

// permission is one line: "orders: yes", "orders: yes, when one of leads agrees", "orders: no. Only leads may …".
func permission(asker Asker, risk ops.Risk, target ops.Target, label string) Text {
	allowed, words := asker.May(risk, target)
	answer := "no. " + words
	switch {
	case allowed && words == "":
		answer = "yes"
	case allowed:
		answer = "yes, " + words
	}
	return Text{{Kind: Literal, Text: label}, {Text: ": " + answer}}
}

// capital begins a sentence with s.
func capital(s string) string {
	_, first := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:first]) + s[first:]
}
