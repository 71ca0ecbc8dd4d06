package commands

import (
	"context"
	"fmt"
	"strings"

	"dbbot/ops"
)

var _ = add(whoami)

func whoami(t Toolbox) Command {
	return question(Question[struct{}]{
		About: About{
			Path: "whoami", Risk: ops.Read,
			Summary: "who you are here, and what you may do on which database", Example: "whoami",
		},
		Parse: func(Values) (struct{}, []ops.Target, error) { return struct{}{}, nil, nil },
		Answer: func(_ context.Context, asker Asker, _ struct{}, _ []ops.Target) (View, error) {
			return introduce(asker, t.Databases), nil
		},
	})
}

func introduce(asker Asker, databases []ops.Target) View {
	view := View{Title: "You are " + asker.Person.Name}
	if asker.Terminal {
		view.Lead = Say("At the terminal, and not looked up in Slack: whoever may start dbbot here has its passwords, and may read all it reads.")
	} else {
		member(&view, asker)
	}
	for _, target := range databases {
		section := Section{Title: "On " + target.Database, Summary: Say(target.Environment)}
		for _, risk := range ops.Risks() {
			section.Lines = append(section.Lines, permission(asker, risk, target, string(risk)))
		}
		view.Parts = append(view.Parts, Part{Section: &section})
	}
	return view
}

// member says what Slack knows of the asker, and what decides.
func member(view *View, asker Asker) {
	view.Lead = Text{
		{Text: fmt.Sprintf("A %s of this workspace: user ", asker.Person.Standing)},
		{Kind: Literal, Text: asker.Person.ID.User},
		{Text: " of team "},
		{Kind: Literal, Text: asker.Person.ID.Team},
		{Text: "."},
	}
	groups := "none of dbbot's groups"
	if len(asker.Groups) > 0 {
		groups = strings.Join(asker.Groups, ", ")
	}
	view.Parts = append(view.Parts, Part{Section: &Section{Title: "Groups", Summary: Say(groups)}})
	view.Notes = []Text{Say("Names decide nothing: the two ids do, and the groups in dbbot's file and in Slack.")}
}
