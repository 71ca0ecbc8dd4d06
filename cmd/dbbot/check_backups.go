package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup/dump"

	"filippo.io/age"
)

// describeBackups is what can be said of a database's backups without asking anybody.
func (d Database) describeBackups() (out []finding) {
	about := d.Name + " backups"
	b := d.Backup
	if len(b.EncryptTo) == 0 {
		out = append(out, finding{about: about, grade: warning, detail: "are not encrypted", fix: "Set backup.encrypt_to to the public keys of those who may restore: `age-keygen` makes one."})
	}
	if b.Schedule == "" {
		out = append(out, finding{about: about, grade: warning, detail: "are taken only when somebody asks", fix: `Set backup.schedule, such as "0 3 * * *".`})
	}
	if b.Keep == (Keep{}) {
		out = append(out, finding{about: about, grade: note, detail: "are all kept for ever", fix: "Set backup.keep, such as {last: 3, daily: 7, weekly: 4}."})
	}
	return append(out, b.describeIdentity(about)...)
}

// describeIdentity says whether dbbot itself can open what it encrypts: only then is it verified by restoring.
func (b *Backup) describeIdentity(about string) []finding {
	if len(b.EncryptTo) == 0 {
		return nil
	}
	if b.Identity == "" {
		return []finding{{
			about: about, grade: warning, detail: "are verified by their checksum alone: dbbot has no key that opens them, and restores none",
			fix: "Set backup.identity or DBBOT_AGE_IDENTITY, or accept it.",
		}}
	}
	if b.opens() {
		return nil
	}
	return []finding{{
		about: about, grade: wrong, detail: "cannot be opened with the identity that is configured: its public key is not among encrypt_to",
		fix: "Add the line that `age-keygen -y` prints for the identity to backup.encrypt_to.",
	}}
}

// opens says whether the identity belongs to one of the keys.
func (b *Backup) opens() bool {
	identities, err := age.ParseIdentities(strings.NewReader(b.Identity.Reveal()))
	if err != nil { // the configuration was checked
		return false
	}
	for _, one := range identities {
		public := ""
		switch key := one.(type) {
		case *age.X25519Identity:
			public = key.Recipient().String()
		case *age.HybridIdentity:
			public = key.Recipient().String()
		}
		for _, to := range b.EncryptTo {
			if to == public {
				return true
			}
		}
	}
	return false
}

// lookAtBackups finds out whether a backup could be taken now: the same look as before every one.
func (c Config) lookAtBackups(ctx context.Context, d Database) []finding {
	about := d.Name + " backups"
	all := newBackups(c)
	defer func() { _ = all.close() }() // nothing was written that could be lost
	o, err := all.dumping(ctx, d.Name, approval.Request{})
	var ready dump.Ready
	if err == nil {
		ready, err = dump.Preflight(ctx, o)
	}
	if err != nil {
		return backupFaults(about, err)
	}
	out := []finding{{
		about: about, grade: fine,
		detail: fmt.Sprintf("can be taken: %s, %s, with %s, to %s", ops.Count(ready.Tables, "table"), ops.Bytes(ready.Bytes), ready.Client, ready.Location),
	}}
	for _, said := range ready.Notes {
		out = append(out, finding{about: about, grade: note, detail: said})
	}
	return append(out, d.describeBackups()...)
}

// backupFaults are all that stands in the way, each with its fix.
func backupFaults(about string, err error) (out []finding) {
	faults, ok := errors.AsType[dump.Faults](err)
	if !ok {
		return []finding{failed(about, err)}
	}
	for _, one := range faults {
		out = append(out, finding{about: about, grade: wrong, detail: one.Message, fix: one.Hint})
	}
	return out
}
