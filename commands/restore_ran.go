package commands

import (
	"context"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// tellRestored is what a restore did, in a sentence or two.
func tellRestored(title string, is Restored) View {
	view := View{Title: title, Verdict: Good, Lead: Text{literal(name(is.Name)), {Text: " holds what was counted when the backup was taken; that was compared."}}}
	for _, note := range is.Notes {
		view.Notes = append(view.Notes, Say(note))
	}
	return view
}

// putBack adds how to go back, and how to let go of what stood there before: of that very database, however many more are
// set aside until somebody presses.
func putBack(view View, alias string, is Restored) View {
	if is.Aside == "" {
		return view
	}
	words := " " + typed(alias) + " " + typed(is.Aside)
	view.Parts = append(view.Parts, Part{Section: &Section{
		Title: "Kept", Summary: Text{{Text: "what stood there before is "}, literal(name(is.Aside))},
		Lines: []Text{
			{literal("/db restore undo" + words), {Text: " puts it back."}},
			{literal("/db restore release" + words), {Text: " removes it for good, when nobody needs it."}},
		},
		Buttons: []Button{
			{Name: "Undo", Words: "restore undo" + words, Confirm: &Confirm{
				Title: "Ask to put it back?", Text: name(is.Aside) + " takes its place again. Where others must agree, they are asked first.", Yes: "Ask", No: "Leave it",
			}},
			{Name: "Release", Words: "restore release" + words, Confirm: &Confirm{
				Title: "Ask to remove it for good?", Text: name(is.Aside) + " is removed, and the restore cannot be undone then. Where others must agree, they are asked first.", Yes: "Ask", No: "Leave it",
			}},
		},
	}})
	return view
}

func (s restoring) run(ctx context.Context, r approval.Request, p restorePlan, progress Progress) (View, error) {
	var done Restored
	var err error
	if s.over {
		done, err = s.tools.Restores.Over(ctx, p.Alias, p.ID, r, paced(progress))
	} else {
		done, err = s.tools.Restores.Into(ctx, p.Alias, p.ID, p.Name, r, paced(progress))
	}
	if err != nil {
		view := View{Title: "Nothing changed", Lead: s.unchanged(p, done.Left)}
		for _, fault := range done.Found {
			view.Parts = append(view.Parts, line("Not as it was", Say(ops.Printable(fault, longSpan))))
		}
		return view, err
	}
	return putBack(tellRestored("Restored", done), p.Alias, done), nil
}

// unchanged is what remains of a restore that was stopped or failed, and left this behind.
func (s restoring) unchanged(p restorePlan, left []string) Text {
	said, removed := Text{{Text: "There is no database "}, literal(name(p.Name))}, "; what was restored is removed."
	if s.over {
		said, removed = Text{literal(name(p.Name)), {Text: " is as it was"}}, "; what was restored beside it is removed."
	}
	if len(left) > 0 {
		removed = ". " + ops.Printable(strings.Join(left, " "), longSpan)
	}
	return append(said, Span{Text: removed})
}

func (s restoring) look(ctx context.Context, r approval.Request, p restorePlan) (Happened, View, error) {
	came, err := s.tools.Restores.Came(ctx, p.Alias, r)
	if err != nil {
		return HappenedUnclear, View{}, err
	}
	view := View{Title: "Nothing changed", Lead: s.unchanged(p, nil)}
	switch came.Happened {
	case HappenedWhole:
		view = putBack(View{Title: "Restored", Verdict: Good, Lead: Text{literal(name(p.Name)), {Text: " is what the backup held."}}}, p.Alias, came.Restored)
	case HappenedUnclear:
		view = View{Title: "What became of the restore is not known", Verdict: Watch}
	}
	view.Notes = append(view.Notes, sweptNotes(came.Removed)...)
	return came.Happened, view, nil
}
