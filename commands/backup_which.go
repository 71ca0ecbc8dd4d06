package commands

import (
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// latest stands for the newest backup, verified or not.
const latest = "latest"

// backupID is an argument that names a backup; optional where the newest one is what people mean.
func backupID(optional bool) Arg {
	hint := "the backup, by its id, a beginning of it that no other has, or latest"
	if optional {
		hint += "; the newest if left out"
	}
	return Arg{Name: "id", Kind: WordArg, Optional: optional, Hint: hint}
}

// ofBackup is whose backup is meant, where its id does not say so.
var ofBackup = Arg{Name: "database", Kind: DatabaseArg, Optional: true, Hint: "whose backup, where the id does not say it"}

// backupWish is one backup as somebody names it.
type backupWish struct {
	target ops.Target
	id     string // as typed; latest where nothing was
	name   string // of a restore: the database to make
}

// parseBackup reads which backup is meant, and of which database: the one that is named, else the one that the id begins
// with, else the only one that has backups.
func (t Toolbox) parseBackup(v Values) (w backupWish, target ops.Target, err error) {
	w.id, w.name = strings.ToLower(v.Word("id")), v.Word("name")
	if w.id == "" {
		w.id = latest
	}
	switch named := v.Databases(); {
	case len(named) > 0:
		w.target = named[0]
	default:
		w.target, err = t.whose(w.id)
	}
	return w, w.target, err
}

// whose database a backup is, by its id: "orders-2026" is of orders, and where there is a database orders-2026, of that.
func (t Toolbox) whose(id string) (found ops.Target, err error) {
	if found = t.beginning(id); found.Database != "" {
		return found, nil
	}
	var having []ops.Target
	for _, d := range t.Databases {
		if _, ok := t.rules(d); ok {
			having = append(having, d)
		}
	}
	if len(having) == 1 {
		return having[0], nil
	}
	if len(t.Databases) == 1 {
		return t.Databases[0], nil
	}
	return found, &ops.Error{
		Message: "Of which database is the backup “" + ops.Printable(id, shown) + "”?",
		Hint:    "Type the database behind it, or its whole id: /db backup list shows them.",
	}
}

// beginning is the database whose name an id begins with, the longest such; zero where there is none.
func (t Toolbox) beginning(id string) (found ops.Target) {
	for _, d := range t.Databases {
		if strings.HasPrefix(id, strings.ToLower(d.Database)+"-") && len(d.Database) > len(found.Database) {
			found = d
		}
	}
	return found
}

// pick finds the backup that is meant.
func (k kept) pick(id string) (backup.Backup, error) {
	if len(k.Backups) == 0 {
		return backup.Backup{}, &ops.Error{
			Message: fmt.Sprintf("There is no backup of %s in %s.", name(k.target.Database), k.rules.Location),
			Hint:    "/db backup now " + typed(k.target.Database) + " takes one.",
		}
	}
	if id == latest {
		return k.Backups[0], nil
	}
	var found []backup.Backup
	for _, b := range k.Backups {
		if string(b.ID) == id {
			return b, nil
		}
		if named := strings.TrimPrefix(string(b.ID), k.target.Database+"-"); strings.HasPrefix(string(b.ID), id) || strings.HasPrefix(named, id) {
			found = append(found, b)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return backup.Backup{}, k.unknown(id)
	}
	return backup.Backup{}, &ops.Error{
		Message: fmt.Sprintf("%s begin with “%s”: %s.", ops.Count(len(found), "backup"), ops.Printable(id, shown), list(idents(found))),
		Hint:    "Type more of it.",
	}
}

// unknown names the backups whose ids come near, or else the newest.
func (k kept) unknown(id string) error {
	near := Nearest(id, idents(k.Backups))
	if len(near) == 0 {
		near = idents(k.Backups[:min(len(k.Backups), maxSuggestions)])
	}
	return &ops.Error{
		Message: fmt.Sprintf("There is no backup “%s” of %s.", ops.Printable(id, shown), name(k.target.Database)),
		Hint:    "Did you mean " + strings.Join(near, ", or ") + "? /db backup list " + typed(k.target.Database) + " shows all.",
	}
}

func idents(all []backup.Backup) (ids []string) {
	for _, b := range all {
		ids = append(ids, string(b.ID))
	}
	return ids
}

// stillGood is what remains to be said when something is not good: which backup is.
func (k kept) stillGood(but backup.ID) string {
	for _, b := range k.Backups {
		if b.Good() && b.ID != but {
			return fmt.Sprintf("The newest verified backup is %s, taken %s ago.", b.ID, elapsed(k.At, b.Started))
		}
	}
	return "No other backup of " + name(k.target.Database) + " is verified."
}
