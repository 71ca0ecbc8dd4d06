package commands

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

// newName is what a new database may be called here: what needs no quotes, and the hyphen that people write.
var newName = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,62}$`)

// parseInto reads which backup, and what the new database shall be called.
func (t Toolbox) parseInto(v Values) (backupWish, ops.Target, error) {
	w, target, err := t.parseBackup(v)
	w.name = strings.ToLower(w.name)
	if err == nil && !newName.MatchString(w.name) {
		err = &ops.Error{
			Message: "“" + ops.Printable(w.name, shown) + "” is no name for a new database.",
			Hint:    "Write small letters, digits, _ and -, 63 characters at most, beginning with a letter.",
		}
	}
	return w, target, err
}

// restoring is what into and over have in common.
type restoring struct {
	tools Toolbox
	over  bool
}

// restorePlan is what is agreed to: which bytes, onto which server, as what.
type restorePlan struct {
	Alias    string    `json:"alias"` // of the configuration
	Location string    `json:"location"`
	ID       backup.ID `json:"id"`
	Sum      string    `json:"sum"` // of the archive
	Over     bool      `json:"over"`
	System   string    `json:"system"` // of the server that it is restored on
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	Client   string    `json:"client"`
	Roles    []string  `json:"roles"` // that are made
	Owner    string    `json:"owner"` // of everything; empty: as it was
}

func (s restoring) plan(ctx context.Context, w backupWish) (Planned[restorePlan], error) {
	k, err := s.tools.kept(ctx, w.target)
	if err != nil {
		return Planned[restorePlan]{}, unheard(err)
	}
	b, err := k.pick(w.id)
	if err == nil {
		err = s.unfit(k, b)
	}
	if err != nil {
		return Planned[restorePlan]{}, err
	}
	landing, err := s.tools.Restores.Landing(ctx, w.target.Database, b, w.name)
	if err != nil {
		return Planned[restorePlan]{}, unheard(err)
	}
	return Planned[restorePlan]{
		Plan: restorePlan{
			Alias: w.target.Database, Location: k.rules.Location, ID: b.ID, Sum: b.Archive.SHA256, Over: s.over,
			System: landing.System, Name: landing.Name, Version: landing.Version, Client: landing.Client, Roles: landing.Roles, Owner: landing.Owner,
		},
		View:   s.view(k, b, landing),
		Server: approval.Server{System: landing.System, Database: landing.Name},
	}, nil
}

// unfit is why a backup cannot be restored. Into a new database also one that nobody has tried may be: that is a trial.
func (s restoring) unfit(k kept, b backup.Backup) error {
	switch {
	case !k.opens(b.Recipients):
		return &ops.Error{
			Message: string(b.ID) + " is encrypted, and dbbot has no key that opens it.",
			Hint:    "Write identity: ${NAME} below backup: in dbbot's file, or restore it with `dbbot restore` where the key is.",
		}
	case b.Bad():
		return &ops.Error{Message: string(b.ID) + " is not good: " + sentenceOf(b.Verified.Found), Hint: k.stillGood(b.ID)}
	case s.over && !b.Good():
		return &ops.Error{
			Message: string(b.ID) + " was never verified, so it does not take the place of a live database.",
			Hint:    k.stillGood(b.ID) + " /db backup verify " + string(b.ID) + " verifies this one.",
		}
	}
	return nil
}

// differ is for those who typed latest, and for servers that were exchanged meanwhile.
func (s restoring) differ(was, is restorePlan) string {
	switch {
	case was.ID != is.ID:
		return fmt.Sprintf("%s is the backup that is meant by now, and it was %s when this was agreed to.", is.ID, was.ID)
	case !slices.Equal(was.Roles, is.Roles):
		return "Other roles are missing now than when this was agreed to."
	}
	return ""
}
