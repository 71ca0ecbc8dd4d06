package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/postgres"
)

var _ = add(backupShow)

// shownTables is how many tables of a backup are listed, the largest first.
const shownTables = 10

// backupShow is all about one backup.
func backupShow(t Toolbox) Command {
	return question(Question[backupWish]{
		About: About{
			Path: "backup show", Risk: ops.Read, Args: []Arg{backupID(true), ofBackup},
			Summary: "all about one backup: what is in it, whether it is good, until when it stays", Example: "backup show latest orders",
		},
		Parse: func(v Values) (backupWish, []ops.Target, error) {
			w, target, err := t.parseBackup(v)
			return w, []ops.Target{target}, err
		},
		Answer: func(ctx context.Context, _ Asker, w backupWish, targets []ops.Target) (View, error) {
			if len(targets) == 0 {
				return View{}, nil
			}
			ctx, cancel := context.WithTimeout(ctx, statusBound)
			defer cancel()
			k, err := t.kept(ctx, w.target)
			if err != nil {
				return View{}, err
			}
			b, err := k.pick(w.id)
			if err != nil {
				return View{}, err
			}
			return k.page(b, t.asker(ctx, b.Manifest)), nil
		},
	})
}

// asker is who asked for a backup. A person is named only where the request says so too: what lies in a store is data.
func (t Toolbox) asker(ctx context.Context, m backup.Manifest) Text {
	said := Text{literal(name(m.By))}
	if slices.Contains([]string{"schedule", "migration", "terminal"}, m.By) {
		said = Say("the " + m.By)
	}
	if m.Request == 0 || t.Requests == nil {
		return said
	}
	r, err := t.Requests.Get(ctx, approval.ID(m.Request))
	if err != nil || !r.Asked.Equal(m.Asked) {
		return said
	}
	if r.Requester.User == m.By {
		said = Text{mention(r.Requester)}
	}
	return append(said, Span{Text: " in " + r.ID.String()})
}

// page says all about one backup.
func (k kept) page(b backup.Backup, by Text) View {
	view := View{Title: "Backup " + name(string(b.ID)), Verdict: verdictOn(b), Lead: k.lead(b), Buttons: refreshAndShare()}
	add := func(title string, summary Text, more ...Text) {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: title, Summary: summary, Lines: more}})
	}
	because := ""
	if b.Why != "" {
		because = ", because " + cited(ops.Printable(b.Why, maxReason))
	}
	add("Taken", slices.Concat(Text{moment(b.Started), {Text: " in " + lasting(b.Manifest) + " by "}}, by, Say(because)),
		sayf("from %s on PostgreSQL %s with %s", name(b.Server.Catalog), name(b.Server.Version), name(b.Client)))
	k.found(&view, b)
	add("Holds", Say(holds(b.Contents)), contents(b)...)
	add("Stored", sayf("%s in %s, %s", bytesOf(stored(b.Manifest)), k.rules.Location, encrypted(b.Recipients)), k.place(b)...)
	add("Stays", Say(stays(b, k.verdicts()[b.ID])), holders(b, k)...)
	if table := largest(b.Contents.Tables); len(table.Rows) > 0 {
		view.Parts = append(view.Parts, Part{Table: &table})
	}
	view.Parts = append(view.Parts, Part{Code: &Code{Title: "By hand, without dbbot", Text: byHandRestore(b.Manifest)}})
	return view
}

func (k kept) lead(b backup.Backup) Text {
	switch {
	case b.Verified == nil:
		return sayf("Taken %s ago, and never verified: nobody knows yet whether it can be restored.", elapsed(k.At, b.Started))
	case !b.Good():
		return sayf("Taken %s ago, and not good. %s", elapsed(k.At, b.Started), k.stillGood(b.ID))
	}
	return sayf("Taken %s ago, and verified %s.", elapsed(k.At, b.Started), proof[b.Verified.How])
}

// found says what the last verification did and found.
func (k kept) found(view *View, b backup.Backup) {
	section := Section{Title: "Verified", Verdict: verdictOn(b), Summary: Say("never")}
	if v := b.Verified; v != nil {
		section.Summary = Text{{Text: proof[v.How] + " "}, moment(v.At), {Text: ", in " + postgres.Age(v.Took).String()}}
		if v.Where != "" {
			section.Summary = append(section.Summary, Span{Text: ", on " + name(v.Where)})
		}
		for _, fault := range v.Found {
			section.Lines = append(section.Lines, Say(ops.Printable(fault, longSpan)))
		}
		section.Lines = append(section.Lines, noted(*v)...)
	}
	view.Parts = append(view.Parts, Part{Section: &section})
}

// noted is what a verification could not look at, and what else it has to say.
func noted(v backup.Verification) (said []Text) {
	for _, note := range v.Notes {
		said = append(said, Say(ops.Printable(note, longSpan)))
	}
	return said
}

// holds counts what is in a backup.
func holds(i backup.Inventory) string {
	said := []string{ops.Count(len(i.Tables), "table"), many(rowsOf(i), "row")}
	if n := len(i.Sequences); n > 0 {
		said = append(said, ops.Count(n, "sequence"))
	}
	if i.LargeObjects > 0 {
		said = append(said, many(i.LargeObjects, "large object"))
	}
	return strings.Join(said, ", ")
}

func contents(b backup.Backup) (said []Text) {
	if n := b.Migration; n != nil {
		at := place(n.Version)
		if n.Dirty {
			at += ", dirty"
		}
		said = append(said, Say("Its migrations ("+name(n.Tool)+") are at "+at+"."))
	}
	var extensions []string
	for _, e := range b.Contents.Extensions {
		extensions = append(extensions, e.Name+" "+e.Version)
	}
	if len(extensions) > 0 {
		said = append(said, append(Say("It needs the extensions "), literals(extensions)...))
	}
	if len(b.Roles) > 0 {
		said = append(said, append(Say("It needs the roles "), literals(b.Roles)...))
	}
	return said
}

// place is where exactly it lies, and how one sees that it is whole.
func (k kept) place(b backup.Backup) []Text {
	said := []Text{{literal(fmt.Sprintf("%s/%s/%s", b.Database, b.ID, b.Archive.Name)), {Text: ", SHA-256 "}, literal(b.Archive.SHA256)}}
	if b.Globals == nil {
		said = append(said, Say("Without the roles of the server: the role that took it may not read them."))
	}
	for _, key := range b.Recipients {
		said = append(said, Text{{Text: "Opened by the key of "}, literal(ops.Printable(key, 80))})
	}
	return said
}

func holders(b backup.Backup, k kept) (said []Text) {
	for _, h := range b.Held {
		if h.Until.After(k.At) {
			said = append(said, Text{{Text: "Being read by " + name(h.By) + ", until "}, moment(h.Until), {Text: " at the latest."}})
		}
	}
	return said
}

// largest tables first.
func largest(tables []backup.Table) Table {
	sorted := slices.Clone(tables)
	slices.SortStableFunc(sorted, func(a, b backup.Table) int { return cmp.Compare(b.Bytes, a.Bytes) })
	table := Table{Title: "Largest tables", Columns: []Column{{Name: "table"}, {Name: "rows", Right: true}, {Name: "size", Right: true}}}
	for _, t := range sorted[:min(len(sorted), shownTables)] {
		table.Rows = append(table.Rows, []Text{{literal(name(t.Schema + "." + t.Name))}, Say(grouped(t.Rows)), Say(bytesOf(t.Bytes))})
	}
	if n := len(sorted) - len(table.Rows); n > 0 {
		table.Title += fmt.Sprintf(" (%d more)", n)
	}
	return table
}
