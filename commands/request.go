package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
)

var _ = add(request)

func request(t Toolbox) Command {
	return question(Question[approval.ID]{
		About: About{
			Path: "request", Args: []Arg{{Name: "id", Kind: WordArg, Hint: "its number, as on its card"}},
			Risk: ops.Read, Summary: "all about one request: the whole plan, who agreed, what came of it", Example: "request 42",
		},
		Parse: func(v Values) (approval.ID, []ops.Target, error) {
			id, err := requestID(v.Word("id"))
			return id, nil, err // which database it is about is known once it is read: Answer asks whether they may
		},
		Answer: func(ctx context.Context, asker Asker, id approval.ID, _ []ops.Target) (View, error) {
			if t.Requests == nil {
				return View{}, errNoRequests
			}
			r, err := t.Requests.Get(ctx, id)
			if errors.Is(err, approval.ErrUnknown) {
				return View{}, &ops.Error{Message: fmt.Sprintf("There is no request %s.", id), Hint: "/db requests all shows those that there are."}
			}
			if err != nil {
				return View{}, err
			}
			if allowed, why := asker.May(ops.Read, r.Target); !allowed {
				return View{}, &ops.Error{Message: why, Hint: "/db whoami shows what you may do."}
			}
			links, err := t.Requests.Links(ctx, []approval.ID{id})
			return whole(r, links[id], asker.Terminal), err
		},
	})
}

// requestID takes "42" and "#42".
func requestID(word string) (approval.ID, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64)
	if err != nil || id < 1 {
		return 0, &ops.Error{
			Message: fmt.Sprintf("“%s” is not the number of a request.", ops.Printable(word, maxWords)),
			Hint:    "It stands on the card, like #42. /db requests shows those that are open.",
		}
	}
	return approval.ID(id), nil
}

// whole is all that is known about a request. A terminal takes plan and outcome at any length. There is nothing to press
// that would decide it: nobody can update an answer that one person alone sees once others have decided.
func whole(r approval.Request, link string, terminal bool) View {
	fit := func(v View) View {
		if terminal {
			return v
		}
		short, _ := Spill(v)
		return short
	}
	view := RequestNews(r)
	view.Parts = gist(r, nil)
	if plan, ok := ReadView(r.Shown); ok {
		view.Parts = append(view.Parts, unfolded("Plan", fit(plan))...)
	}
	if outcome, ok := ReadView(r.Outcome); ok {
		view.Parts = append(view.Parts, unfolded("Outcome", fit(outcome))...)
	}
	view.Notes = requestNotes(r)
	if link != "" {
		card := Text{{Kind: Link, Text: "The card", URL: link}}
		if r.State.Open() {
			card = append(card, Span{Text: " has its buttons and its thread."})
		}
		view.Notes = append(view.Notes, card)
	}
	view.Buttons = refreshAndShare()
	return view
}
