package commands

import (
	"context"
	"errors"
	"fmt"

	"dbbot/ops"
	"dbbot/ops/backup"
)

var _ = add(backupList)

// ofAll is whose backups are meant.
var ofAll = Arg{Name: "database", Kind: AllArg, Optional: true, Hint: "whose backups; of all databases if left out"}

// backupList is what there is to come back to.
func backupList(t Toolbox) Command {
	return aboutShelves(t, About{
		Path: "backup list", Risk: ops.Read, Args: []Arg{ofAll},
		Summary: "the backups, and how old the newest verified one is", Example: "backup list orders",
	}, "Backups", func(_ context.Context, k kept, alone bool) []Part {
		section := k.section()
		parts := []Part{{Section: &section}}
		if alone && len(k.Backups) > 0 {
			parts = append(parts, Part{Section: k.list()})
		}
		return parts
	})
}

// aboutShelves is a question about the backups of one database or of all, each of which is read before it is answered.
// One that cannot be read does not hide the others.
func aboutShelves(t Toolbox, about About, title string, say func(ctx context.Context, k kept, alone bool) []Part) Command {
	return question(Question[bool]{
		About: about,
		Parse: func(v Values) (bool, []ops.Target, error) { return v.Word(ofAll.Name) != "", v.Databases(), nil },
		Answer: func(ctx context.Context, _ Asker, named bool, targets []ops.Target) (View, error) {
			ctx, cancel := context.WithTimeout(ctx, statusBound)
			defer cancel()
			all, faults, looks := make([]kept, len(targets)), make([]error, len(targets)), make([]func(), len(targets))
			for i, target := range targets {
				looks[i] = func() { all[i], faults[i] = t.kept(ctx, target) }
			}
			atOnce(looks...)
			view, alone := View{Title: title, Buttons: refreshAndShare()}, len(targets) == 1
			if alone {
				view.Title = fmt.Sprintf("%s of %s, %s", title, name(targets[0].Database), name(targets[0].Environment))
			}
			for i, k := range all {
				switch {
				case faults[i] == nil:
					view.Parts = append(view.Parts, say(ctx, k, alone)...)
				case alone || named:
					return View{}, faults[i]
				default:
					view.Parts = append(view.Parts, Part{Section: unreadShelf(k, faults[i])})
				}
			}
			for _, part := range view.Parts {
				if part.Section != nil {
					view.Verdict = Worst(view.Verdict, part.Section.Verdict)
				}
			}
			return view, nil
		},
	})
}

// unreadShelf is a database whose backups are not known, among others.
func unreadShelf(k kept, err error) *Section {
	section := &Section{Title: name(k.target.Database), Summary: Say("no backups are configured")}
	if k.rules.Location != "" {
		section.Verdict, section.Summary = Unseen, Say("the store could not be read. "+inWords(err))
		if marked, ok := errors.AsType[*ops.Error](err); ok && marked.Hint != "" {
			section.Lines = lines(marked.Hint)
		}
	}
	return section
}

// section is how a database stands: what one could come back to, and what is wrong.
func (k kept) section() Section {
	section := Section{Title: name(k.target.Database)}
	section.Summary, section.Verdict = newestLine(k.verified(), k.rules.Limit, k.At)
	if n := k.newest(); n != nil && !n.Good() {
		if n.Bad() { // loud, however good the one before is
			section.Verdict = Bad
		}
		section.Lines = append(section.Lines, Text{{Text: "The last one taken, "}, ident(n.ID), {Text: ", " + unverified(*n)}})
	}
	section.Lines = append(section.Lines, sayf("%s, %s in %s, %s.", ops.Count(len(k.Backups), "backup"), bytesOf(k.total()), k.rules.Location, encrypted(k.rules.Recipients)))
	for _, fault := range k.Faults {
		section.Verdict = Worst(section.Verdict, Watch)
		section.Lines = append(section.Lines, Say("In the store: "+fault))
	}
	if c := k.Cluster; c != nil {
		section.Lines = append(section.Lines, c.text(k)...)
		if c.Fault != "" {
			section.Verdict = Worst(section.Verdict, Unseen)
		}
	}
	return section
}

func unverified(b backup.Backup) string {
	if b.Verified == nil {
		return "was never verified."
	}
	return "is not good: " + sentenceOf(b.Verified.Found)
}

// sentenceOf is the first of several sentences, and how many more there are.
func sentenceOf(found []string) string {
	if len(found) == 1 {
		return found[0]
	}
	return fmt.Sprintf("%s (and %s)", found[0], ops.Count(len(found)-1, "more fault"))
}

func (k kept) total() (bytes int64) {
	for _, b := range k.Backups {
		bytes += stored(b.Manifest)
	}
	return bytes
}

// text is what backs up the whole cluster beside these.
func (c Cluster) text(k kept) []Text {
	head := Say("For any point in time: " + c.Name)
	switch {
	case c.Fault != "":
		return []Text{append(head, Span{Text: " could not be asked. " + c.Fault})}
	case c.Newest.IsZero():
		head = append(head, Span{Text: " has no backup"})
	default:
		head = append(head, Span{Text: ", newest backup " + elapsed(k.At, c.Newest) + " ago"})
	}
	said := []Text{head}
	for _, line := range c.Lines {
		said = append(said, Say(line))
	}
	return said
}

// listedBackups is how many backups are listed, the newest; of more the number is said.
const listedBackups = 30

// list has a line for each backup, the newest first.
func (k kept) list() *Section {
	section := &Section{Title: "Newest first"}
	rules := k.verdicts()
	for i, b := range k.Backups {
		if i == listedBackups {
			section.Lines = append(section.Lines, sayf("… and %s that are older", ops.Count(len(k.Backups)-i, "backup")))
			break
		}
		line := append(Text{ident(b.ID), {Text: ", "}, moment(b.Started), {Text: ", " + bytesOf(stored(b.Manifest)) + " · verified: "}}, verification(b)...)
		section.Lines = append(section.Lines, append(line, Span{Text: " · stays: " + stays(b, rules[b.ID])}))
	}
	return section
}

// verdicts are what the rules say of each backup.
func (k kept) verdicts() map[backup.ID]backup.Verdict {
	said := map[backup.ID]backup.Verdict{}
	for _, v := range k.rules.Keep.Plan(k.Backups, k.At, k.rules.Zone) {
		said[v.ID] = v
	}
	return said
}
