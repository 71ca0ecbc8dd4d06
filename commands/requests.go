package commands

import (
	"context"
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
)

var _ = add(requests)

// maxListed is how many requests an answer shows: the newest.
const maxListed = 20

// requestReader keeps requests. Errors are *ops.Error where people can do something about them.
type requestReader interface {
	Get(ctx context.Context, id approval.ID) (approval.Request, error)
	List(ctx context.Context, f approval.Filter) ([]approval.Request, error)
	// Links are the addresses of the cards of requests, where they stand somewhere.
	Links(ctx context.Context, ids []approval.ID) (map[approval.ID]string, error)
}

// errNoRequests is for where nothing keeps requests.
var errNoRequests = &ops.Error{
	Message: "No requests are kept here: changes are not set up.",
	Hint:    "dbbot needs a policy, a state database (state.url in its file) and an audit key (audit.key) for them.",
}

func requests(t Toolbox) Command {
	return question(Question[string]{
		About: About{
			Path: "requests", Args: []Arg{{Name: "open|mine|all", Kind: WordArg, Optional: true, Hint: "open, mine or all; open ones if left out"}},
			Risk: ops.Read, Summary: "what people have asked for, and how it stands", Example: "requests mine",
		},
		Parse: func(v Values) (string, []ops.Target, error) {
			which, err := whichRequests(v.Word("open|mine|all"))
			return which, t.Databases, err
		},
		Answer: func(ctx context.Context, asker Asker, which string, targets []ops.Target) (View, error) {
			if t.Requests == nil {
				return View{}, errNoRequests
			}
			found, err := t.Requests.List(ctx, filter(which, asker, targets))
			if err != nil {
				return View{}, err
			}
			links, err := t.Requests.Links(ctx, idsOf(found))
			return roll(which, found, links), err
		},
	})
}

const (
	openRequests = "open"
	myRequests   = "mine"
	allRequests  = "all"
)

func whichRequests(word string) (string, error) {
	switch word = strings.ToLower(word); word {
	case "":
		return openRequests, nil
	case openRequests, myRequests, allRequests:
		return word, nil
	}
	return "", &ops.Error{
		Message: fmt.Sprintf("“%s” are no requests that dbbot can list.", ops.Printable(word, maxWords)),
		Hint:    "Type one of: /db requests open, /db requests mine, /db requests all.",
	}
}

// filter asks for those on databases that the asker may read.
func filter(which string, asker Asker, targets []ops.Target) approval.Filter {
	f := approval.Filter{Databases: []string{}, Limit: maxListed}
	for _, target := range targets {
		f.Databases = append(f.Databases, target.Database)
	}
	switch which {
	case openRequests:
		f.States = []approval.State{approval.Pending, approval.Approved, approval.Running}
	case myRequests:
		f.Requester = asker.Person.ID
	}
	return f
}

func idsOf(found []approval.Request) (ids []approval.ID) {
	for _, r := range found {
		ids = append(ids, r.ID)
	}
	return ids
}

func roll(which string, found []approval.Request, links map[approval.ID]string) View {
	view := View{Title: "Requests: " + which, Lead: Say(amount(which, found)), Buttons: refreshAndShare()}
	for _, r := range found {
		section := RequestSection(r, links[r.ID])
		view.Parts = append(view.Parts, Part{Section: &section})
	}
	if len(found) == maxListed {
		view.Notes = append(view.Notes, Say(fmt.Sprintf("These are the newest %d.", maxListed)))
	}
	view.Notes = append(view.Notes, Text{{Kind: Literal, Text: "/db request <id>"}, {Text: " tells all about one."}})
	return view
}

// amount says how many there are, by what they wait for.
func amount(which string, found []approval.Request) string {
	count := map[approval.State]int{}
	for _, r := range found {
		count[r.State]++
	}
	switch {
	case len(found) == 0 && which == openRequests:
		return "Nothing is open."
	case len(found) == 0 && which == myRequests:
		return "You have not asked for anything yet."
	case len(found) == 0:
		return "Nobody has asked for anything yet."
	}
	var parts []string
	over := len(found)
	for _, state := range []approval.State{approval.Pending, approval.Approved, approval.Running} {
		if n := count[state]; n > 0 {
			parts, over = append(parts, fmt.Sprintf("%d %s", n, state)), over-n
		}
	}
	if over > 0 {
		parts = append(parts, fmt.Sprintf("%d over", over))
	}
	return fmt.Sprintf("%s: %s.", ops.Count(len(found), "request"), strings.Join(parts, ", "))
}

// RequestSection is a request among others: a headline, and how it stands. link is its card's address, or empty.
func RequestSection(r approval.Request, link string) Section {
	section := Section{Title: requestTitle(r), Summary: Text{
		{Text: string(r.State) + " · on "}, {Kind: Strong, Text: r.Target.Database}, {Text: ", " + r.Target.Environment + " · asked by "}, Named(r.Requester),
	}}
	if r.Reason != "" && !r.Requester.Itself() {
		section.Summary = append(section.Summary, Span{Text: ": " + cited(r.Reason)})
	}
	if plan, ok := ReadView(r.Shown); ok && r.State == approval.Pending && len(plan.Lead) > 0 {
		section.Lines = append(section.Lines, plan.Lead)
	}
	last := tale(r)
	if link != "" {
		last = append(last, Span{Text: " "}, Span{Kind: Link, Text: "The card", URL: link})
	}
	section.Lines = append(section.Lines, last)
	return section
}
