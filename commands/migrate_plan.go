package commands

import (
	"context"

	"dbbot/ops"
)

var _ = add(migratePlan)

// migratePlan shows what up would do, without asking anybody.
func migratePlan(t Toolbox) Command {
	return question(Question[stepWish]{
		About: About{
			Path: "migrate plan", Risk: ops.Read,
			Args: []Arg{
				{Name: "n", Kind: NumberArg, Optional: true, Hint: "of so many migrations; of all that are pending if left out"}, toArg, ofDatabase,
			},
			Summary: "what migrate up would do: the SQL, who waits, what is lost", Example: "migrate plan orders",
		},
		Parse: func(v Values) (stepWish, []ops.Target, error) {
			w, target, err := parseUp(v)
			return w, []ops.Target{target}, err
		},
		Answer: func(ctx context.Context, asker Asker, w stepWish, targets []ops.Target) (View, error) {
			if len(targets) == 0 {
				return View{}, nil
			}
			may, _ := asker.May(ops.Change, targets[0])
			w.looking = !may
			a, err := t.ahead(ctx, w, ops.Change, upSteps)
			if err != nil {
				return View{}, err
			}
			return a.unasked(asker), nil
		},
	})
}

// refusals are why the policy would let nobody ask for it now, whoever they are.
func (a ahead) refusals() (all []string) {
	if err := a.backups.refusal(); err != nil {
		all = append(all, inWords(err))
	}
	if shut, opens, err := a.backups.asked.Windows.Shut(a.backups.now); shut && err == nil {
		all = append(all, "By the policy no migration runs at this hour, until "+opens.Format("Monday, 2 January, at 15:04")+" ("+opens.Location().String()+").")
	}
	return all
}

// unasked is the plan as an answer: as much as a chat shows, and at a terminal all of it.
func (a ahead) unasked(asker Asker) View {
	view := a.view()
	for _, why := range a.refusals() {
		view.Notes = append(view.Notes, Say("Right now up is refused. "+why))
	}
	view.Buttons = refreshAndShare()
	if !asker.Terminal {
		var whole string
		if view, whole = Spill(view); whole != "" {
			view.Notes = append(view.Notes, Text{{Text: "The request for it, "}, literal("/db migrate up " + typed(a.target.Database)), {Text: ", brings the whole as a file."}})
		}
	}
	return view
}
