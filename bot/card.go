package bot

import (
	"context"
	"slices"
	"strings"
	"sync"

	"dbbot/commands"
	"dbbot/ops/approval"
	"dbbot/ops/store"
)

// card draws a request's one living message, as the request is now.
func (b *Bot) card(ctx context.Context, m store.Message, r approval.Request) Post {
	var may []string
	if r.State == approval.Pending {
		may = b.members(ctx, r.Terms.By, r.Requester.User)
	}
	view := commands.RequestView(r, may)
	view.Parts = append(view.Parts, commands.Choices(r)...)
	view.Buttons = cardButtons(r)
	if m.To != r.Origin.Channel && r.Origin.Channel != "" {
		view.Notes = append(view.Notes, moved(m.To, r.Origin.Channel))
	}
	post := Post{View: view}
	if len(view.Buttons) > 0 || len(commands.Choices(r)) > 0 {
		post.Token = m.Token
	}
	return post
}

// cardButtons are what can be wished of a request as it is. Whoever presses is authorised then.
func cardButtons(r approval.Request) []commands.Button {
	button := func(name string, style commands.ButtonStyle) commands.Button {
		return commands.Button{Name: name, Style: style}
	}
	others := r.Terms.Count > 0 && !r.Terms.Alone // somebody else has a say
	itself := r.Requester.Itself()                // everybody who may ask for the same has one
	switch {
	case r.State == approval.Pending:
		buttons := []commands.Button{
			button(commands.Approve, commands.Primary), button(commands.Reject, commands.Danger), button(commands.Withdraw, ""),
		}
		if r.Terms.BreakGlass {
			buttons = append(buttons, button(commands.BreakGlass, ""))
		}
		return buttons
	case r.State == approval.Approved && others:
		return []commands.Button{button(commands.Reject, commands.Danger), button(commands.Withdraw, "")}
	case r.State == approval.Approved && itself:
		return []commands.Button{button(commands.Reject, commands.Danger)}
	case r.State == approval.Approved:
		return []commands.Button{button(commands.Withdraw, "")}
	case r.State == approval.Running && r.Cancel == nil:
		return []commands.Button{button(commands.Cancel, commands.Danger)}
	}
	return commands.ChoiceButtons(r)
}

// moved says why a card stands where nobody looked for it.
func moved(to, origin string) commands.Text {
	note := commands.Text{{Text: "It was asked in "}, {Kind: commands.Channel, Text: origin}, {Text: ", where dbbot cannot show it."}}
	if isPerson(to) {
		note = append(note, commands.Span{Text: " Others find it in dbbot's home tab."})
	}
	return note
}

// members are the people of some groups, by id, as far as they are known now: for naming them, never for deciding.
func (b *Bot) members(ctx context.Context, groups []string, without ...string) (ids []string) {
	var all sync.WaitGroup
	rosters := map[string][]string{}
	var mu sync.Mutex
	for _, name := range groups {
		for _, usergroup := range b.Policy.Groups[name].Usergroups {
			all.Go(func() {
				users, _ := b.people.rosters.get(ctx, usergroup)
				mu.Lock()
				defer mu.Unlock()
				rosters[usergroup] = users
			})
		}
	}
	all.Wait()
	for _, name := range groups {
		group := b.Policy.Groups[name]
		ids = append(ids, group.Users...)
		for _, usergroup := range group.Usergroups {
			ids = append(ids, rosters[usergroup]...)
		}
	}
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return slices.Contains(without, id) })
}

// isPerson: Slack's ids of people begin with U or W, of user groups with S, of conversations with C, G or D.
func isPerson(id string) bool { return strings.HasPrefix(id, "U") || strings.HasPrefix(id, "W") }
