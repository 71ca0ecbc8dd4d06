package commands

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
)

var _ = add(auditTrail)

// maxFacts is how many entries an answer shows: more than a screen of a phone, and less than Slack's blocks.
const maxFacts = 15

// auditReader gives entries of the audit, the newest first. Errors are *ops.Error where people can do something about
// them.
type auditReader interface {
	Audit(ctx context.Context, f audit.Filter) ([]audit.Entry, error)
}

// auditArgs is what entries must have: all of it that is set.
type auditArgs struct {
	database string
	who      string // a user's id
	request  int64
}

func auditTrail(t Toolbox) Command {
	return question(Question[auditArgs]{
		About: About{
			Path: "audit", Args: []Arg{
				{Name: "database", Kind: DatabaseArg, Optional: true, Hint: "only what was done there"},
				{Name: "person|request", Kind: WordArg, Optional: true, Hint: "only what this person did, or what became of this request"},
			},
			Risk: ops.Read, Summary: "who did what, and who was refused", Example: "audit orders",
		},
		Parse: func(v Values) (auditArgs, []ops.Target, error) {
			args := auditArgs{database: v.Word("database")}
			targets := t.Databases
			if args.database != "" {
				targets = v.Databases()
			}
			return args, targets, args.narrow(v.Word("person|request"))
		},
		Answer: func(ctx context.Context, asker Asker, args auditArgs, targets []ops.Target) (View, error) {
			if t.Audit == nil {
				return View{}, &ops.Error{
					Message: "No audit is kept here: changes are not set up.",
					Hint:    "dbbot needs a policy, a state database (state.url in its file) and an audit key (audit.key) for it.",
				}
			}
			found, err := t.Audit.Audit(ctx, args.filter(asker, targets))
			return args.view(asker, found), err
		},
	})
}

// person is somebody as Slack writes a mention, or as /db whoami shows an id.
var person = regexp.MustCompile(`^(?:<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|([UW][A-Z0-9]{4,}))$`)

// narrow takes "<@U0LEE|lee>", "U0LEE", "42" and "#42".
func (a *auditArgs) narrow(word string) error {
	if word == "" {
		return nil
	}
	if id := person.FindStringSubmatch(word); id != nil {
		a.who = id[1] + id[2]
		return nil
	}
	if id, err := strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64); err == nil && id > 0 {
		a.request = id
		return nil
	}
	return &ops.Error{
		Message: fmt.Sprintf("“%s” is no database, no person and no request.", ops.Printable(word, maxWords)),
		Hint:    "Type /db audit, then a database's name, @ and a person from the list that opens, or a request's number like #42.",
	}
}

// filter asks for what was done on databases that the asker may read, and for what is about none: starts and stops,
// checkpoints, commands that were not understood.
func (a auditArgs) filter(asker Asker, targets []ops.Target) audit.Filter {
	f := audit.Filter{Databases: []string{}, Request: a.request, Limit: maxFacts}
	for _, target := range targets {
		f.Databases = append(f.Databases, target.Database)
	}
	if a.database == "" {
		f.Databases = append(f.Databases, "")
	}
	if a.who != "" {
		f.Who = ops.PersonID{Team: asker.Person.ID.Team, User: a.who}
	}
	return f
}

func (a auditArgs) view(asker Asker, found []audit.Entry) View {
	view := View{Title: "Audit", Lead: a.lead(len(found)), Buttons: refreshAndShare()}
	var shown audit.Entry
	for _, e := range found {
		section := entrySection(e, asker)
		if a.request != 0 {
			section.Lines = append(section.Lines, bound(e, shown))
			shown = e
		}
		view.Parts = append(view.Parts, Part{Section: &section})
	}
	if len(found) == maxFacts {
		view.Notes = append(view.Notes, Text{
			{Text: fmt.Sprintf("These are the newest %d; ", maxFacts)}, {Kind: Literal, Text: "dbbot audit export"}, {Text: " writes all of them."},
		})
	}
	view.Notes = append(view.Notes, Text{{Kind: Literal, Text: "dbbot audit verify"}, {Text: " proves that none was changed or taken out."}})
	return view
}

// lead says what is shown, the newest first.
func (a auditArgs) lead(n int) Text {
	of := Text{}
	if a.database != "" {
		of = append(of, Span{Text: " on "}, Span{Kind: Strong, Text: a.database})
	}
	if a.who != "" {
		of = append(of, Span{Text: " by "}, Span{Kind: Mention, Text: a.who})
	}
	if a.request != 0 {
		of = append(of, Span{Text: " about request " + approval.ID(a.request).String()})
	}
	if n == 0 {
		return append(append(Say("Nothing is recorded"), of...), Span{Text: ", as far as you may read it."})
	}
	return append(append(Say("What was done"), of...), Span{Text: ", the newest first."})
}
