package commands

import (
	"context"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres"
)

var _ = add(migrateHistory)

const (
	// maxSearched is how many of a database's requests are looked through: as many as the store gives at once.
	maxSearched = 200
	// maxRuns is how many of them are told: the newest.
	maxRuns = 12
)

// migrateHistory is what was done to a database's migrations: for whom, and also by nobody that dbbot knows.
func migrateHistory(t Toolbox) Command {
	return aboutSite(t, About{
		Path: "migrate history", Risk: ops.Read, Args: []Arg{ofDatabase},
		Summary: "who asked for which migrations, who agreed, and what came of it", Example: "migrate history orders",
	}, func(ctx context.Context, _ Asker, s site) View { return t.history(ctx, s) })
}

func (t Toolbox) history(ctx context.Context, s site) View {
	view := View{Title: "History of migrations: " + s.target.Database + ", " + s.target.Environment, Buttons: refreshAndShare()}
	requests, links, fault := t.migrated(ctx, s.target)
	if fault != nil {
		view.Notes = append(view.Notes, Say("Who asked and who agreed could not be read: "+inWords(fault)))
	}
	for _, r := range requests[:min(len(requests), maxRuns)] {
		section := RequestSection(r, links[r.ID])
		if text := agreed(r); text != nil && r.State != approval.Pending {
			section.Lines = append(section.Lines, append(Say("Agreed: "), text...))
		}
		section.Lines = append(section.Lines, s.ranFor(r)...)
		view.Parts = append(view.Parts, Part{Section: &section})
	}
	if len(requests) > maxRuns {
		view.Notes = append(view.Notes, sayf("These are the newest %d requests.", maxRuns))
	}
	if section := s.strange(requests, fault); section != nil {
		view.Parts = append(view.Parts, Part{Section: section})
	}
	if section := s.byHand(); section != nil {
		view.Parts = append(view.Parts, Part{Section: section})
	}
	view.Lead = Say(s.lead())
	return view
}

// migrated are the requests about a database's migrations, the newest first, with the addresses of their cards.
func (t Toolbox) migrated(ctx context.Context, target ops.Target) ([]approval.Request, map[approval.ID]string, error) {
	if t.Requests == nil {
		return nil, nil, errNoRequests
	}
	found, err := t.Requests.List(ctx, approval.Filter{Databases: []string{target.Database}, Limit: maxSearched})
	if err != nil {
		return nil, nil, err
	}
	found = slices.DeleteFunc(found, func(r approval.Request) bool { return !strings.HasPrefix(r.Command, "migrate ") })
	links, err := t.Requests.Links(ctx, idsOf(found[:min(len(found), maxRuns)]))
	return found, links, err
}

// ranFor are the steps that stand in the database for a request. A number alone does not tell them apart where dbbot's own
// state was begun anew, so they must have begun while the request ran.
func (s site) ranFor(r approval.Request) (lines []Text) {
	for _, o := range s.own {
		if !belongs(o, r) {
			continue
		}
		way := " up in "
		if o.Down {
			way = " down in "
		}
		lines = append(lines, Text{literal(name(o.Name)), {Text: way + postgres.Age(o.Took).String()}})
	}
	return lines
}

func belongs(o migrate.Own, r approval.Request) bool {
	return o.Request == int64(r.ID) && !o.At.Before(r.Asked)
}

// strange are steps of requests that are not kept here; nil where there are none, or where that cannot be told.
func (s site) strange(requests []approval.Request, fault error) *Section {
	if fault != nil || len(requests) == maxSearched {
		return nil
	}
	var names []string
	for _, o := range s.own {
		if !slices.ContainsFunc(requests, func(r approval.Request) bool { return belongs(o, r) }) {
			names = append(names, o.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return &Section{Title: "By another dbbot", Summary: literals(names), Lines: lines("Its requests are not kept here: another state database, or one that was begun anew.")}
}

// byHand is what stands in the database and dbbot did not do; nil where there is nothing.
func (s site) byHand() *Section {
	var names []string
	for _, m := range s.survey.Applied {
		if !slices.ContainsFunc(s.own, func(o migrate.Own) bool { return o.Name == m.Name && !o.Down }) {
			names = append(names, m.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Reverse(names)
	return &Section{
		Title: "Not by dbbot", Summary: literals(names),
		Lines: lines("Applied with " + string(s.set.Tool) + " itself, or by hand, or before dbbot came."),
	}
}
