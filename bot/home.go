package bot

import (
	"context"
	"sync"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// Homes keeps whose home tab is open and what it shows. ops/store is the one.
type Homes interface {
	Homes(ctx context.Context) ([]store.Home, error)
	HomeOpened(ctx context.Context, who ops.PersonID) error
	HomeShown(ctx context.Context, who ops.PersonID, digest string) error
	// HomeTokens gives a token for each request, bound to this person's home tab.
	HomeTokens(ctx context.Context, who ops.PersonID, ids []approval.ID) (map[approval.ID]string, error)
}

// Home draws somebody's home tab.
func (b *Bot) Home(ctx context.Context, in Home) {
	r := b.begin(ctx, "home", in.Who, Origin{Team: in.Who.Team}, in.At)
	defer r.end()
	var shown tab
	r.reply(func() (Post, error) {
		if err := r.enter(in.Key); err != nil {
			return Post{}, err
		}
		may, err := r.authorise("status")
		if err != nil {
			return Post{}, err
		}
		var view commands.View
		view, shown, err = r.homeView(may)
		return Post{View: view}, err
	}, b.showHome, b.showHome)
	if r.err == nil && shown.state != nil {
		r.homeShown(shown)
	}
}

// homeView is somebody's requests and databases as they are now, read at once. What cannot be read does not hide the rest.
func (r *request) homeView(may granted) (commands.View, tab, error) {
	var both sync.WaitGroup
	var mine tab
	both.Go(func() { mine, _ = guard(r, func() (tab, error) { return r.openTab(), nil }) })
	said, err := r.read(may)
	both.Wait()
	if err != nil && mine.state == nil {
		return commands.View{}, mine, err
	}
	status := said.view
	if err != nil {
		status.Lead = explanation(ops.Explain(err, r.ref)).Lead
	}
	return homeTab(status, mine), mine, nil
}

// homeTab is what dbbot is for one person: what they can decide, what they asked for, their databases, and what to type.
func homeTab(status commands.View, mine tab) commands.View {
	view := commands.View{Title: "Your databases", Verdict: status.Verdict, Lead: status.Lead}
	again := "Open this tab again to read anew."
	if mine.state != nil {
		view = commands.View{Title: mine.title(), Parts: append(mine.parts(), // a title alone gets some room above it
			commands.Part{Section: &commands.Section{Title: view.Title}}, commands.Part{Section: &commands.Section{Summary: view.Lead}})}
		again = "Requests are kept up to date here. Open this tab again to read the databases anew."
	}
	quick := commands.Section{Title: "To type, in any channel", Lines: []commands.Text{
		{{Kind: commands.Literal, Text: "/db status"}, {Text: " this overview, to share or to read anew"}},
		{{Kind: commands.Literal, Text: "/db help"}, {Text: " all that can be asked for"}},
		{{Kind: commands.Literal, Text: "/db whoami"}, {Text: " what you may do on which database"}},
		{{Kind: commands.Literal, Text: "@dbbot status"}, {Text: " the same inside a thread"}},
	}}
	for _, part := range status.Parts {
		view.Parts = append(view.Parts, withoutButtons(part))
	}
	view.Parts = append(view.Parts, commands.Part{Section: &quick})
	view.Notes = append(append(view.Notes, status.Notes...), commands.Say(again))
	if mine.fault != nil {
		view.Notes = append(view.Notes, mine.fault)
	}
	return view
}

// withoutButtons: those of an answer belong to the answer's token, which a home tab has not.
func withoutButtons(part commands.Part) commands.Part {
	if part.Section != nil && len(part.Section.Buttons) > 0 {
		quiet := *part.Section
		quiet.Buttons = nil
		part.Section = &quiet
	}
	return part
}

// openTab reads what somebody's home tab shows of requests, and notes that it is open: from now on it is kept up to date.
func (r *request) openTab() tab {
	if r.bot.State == nil {
		return tab{}
	}
	state, err := r.bot.State()
	if err == nil {
		err = state.HomeOpened(r.ctx, r.who)
	}
	var all board
	if err == nil {
		all, err = readBoard(r.ctx, state)
	}
	if err != nil {
		r.log.Warn("the home tab has no requests", "error", causes(err))
		return tab{fault: commands.Say("Requests cannot be shown now. " + ops.Explain(err, r.ref).Message)}
	}
	mine := r.bot.tabOf(all, r.who, r.bot.people.read(r.ctx))
	mine.addTokens(r.ctx, r, state)
	return mine
}

// homeShown keeps what the tab shows. What has changed while it was drawn is drawn after it.
func (r *request) homeShown(shown tab) {
	ctx, cancel := r.afterwards()
	defer cancel()
	err := shown.state.HomeShown(ctx, r.who, shown.digest())
	if err == nil {
		_, err = r.bot.redraw(ctx, shown.state, store.Home{Who: r.who, Digest: shown.digest()}, nil)
	}
	if err != nil {
		r.log.Warn("the home tab may not be kept up to date", "error", causes(err))
	}
}
