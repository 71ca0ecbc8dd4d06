package migrate

import (
	"fmt"
	"slices"
	"strconv"

	"dbbot/ops"
)

// golangMigrate: every version above the one in the table is pending; an older one that was added later never is, as
// the tool keeps no history. -1 stands for "before the first" and is only ever stored when dirty.
func (v *Survey) golangMigrate() {
	v.Pending = v.set.Migrations
	if len(v.journal.Records) == 0 {
		return
	}
	if n := len(v.journal.Records); n > 1 {
		v.Faults = append(v.Faults, fmt.Sprintf("The tool's table holds %d rows; it reads whichever comes first, and there should be one.", n))
	}
	row := v.journal.Records[0]
	v.At = row.Version
	if row.Dirty {
		v.Broken = []string{row.Version}
	}
	at, err := strconv.ParseUint(row.Version, 10, 64)
	if err != nil {
		return
	}
	i, found := slices.BinarySearchFunc(v.set.Migrations, at, func(m Migration, at uint64) int {
		return compareVersions(m.Version, at)
	})
	past := i
	if found {
		past++
	} else {
		v.Unknown = []string{row.Version}
	}
	v.Pending = v.set.Migrations[past:]
	if !row.Dirty {
		i = past
	}
	v.history(v.set.Migrations[:i], at)
}

func compareVersions(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// history lays dbbot's own rows beside the files up to the version in the table.
func (v *Survey) history(older []Migration, at uint64) {
	last := map[uint64]Own{} // the newest step of each version
	var first *uint64        // the lowest version from which on dbbot was there
	for _, o := range v.journal.Own {
		if version, ok := o.version(); ok {
			last[version] = o
			if first == nil || version < *first {
				first = &version
			}
		}
	}
	known := map[uint64]bool{}
	for _, m := range older {
		own, ran := last[m.Version]
		known[m.Version] = true
		switch {
		case ran && !own.Down:
			if edited(own.Sum, m.Up) {
				v.Edited = append(v.Edited, m.Name)
			}
		case v.leaptOver(m.Version):
			v.OutOfOrder = append(v.OutOfOrder, m.Name)
			continue
		case ran || first != nil && m.Version > *first:
			v.Unsure = append(v.Unsure, m.Name)
		}
		v.Applied = append(v.Applied, m)
	}
	for version, own := range last {
		if version < at && !known[version] && !own.Down {
			v.Unknown = append(v.Unknown, own.Name)
		}
	}
	slices.Sort(v.Unknown)
}

func edited(sum string, file *File) bool {
	return sum != "" && file != nil && file.Sum != "" && file.Sum != sum
}

// leaptOver says that dbbot itself went from below this version to above it without running it, and that nothing of
// its own ran the version since: the file was not there then, and the tool never goes back for it.
func (v *Survey) leaptOver(version uint64) (leapt bool) {
	for _, o := range v.journal.Own {
		to, ok := o.version()
		if !ok {
			continue
		}
		from, known := leading(o.From)
		known = known || o.From == ""
		switch {
		case o.Down && to <= version: // gone back behind it: whatever comes now starts anew
			leapt = false
		case o.Down:
		case to == version:
			leapt = false
		case known && from < version && version < to:
			leapt = true
		}
	}
	return leapt
}

// beforeTheFirst is the version that golang-migrate stores when the first migration's way down broke off.
const beforeTheFirst = "-1"

// unmended says why golang-migrate stops, and what to do.
func (v Survey) unmendedGolang() *ops.Error {
	at := v.Broken[0]
	if at == beforeTheFirst {
		return &ops.Error{
			Message: "The way down of the first migration broke off, and golang-migrate stops there.",
			Hint:    "See what is left of it; then force the version that is true: force none, or force the first.",
		}
	}
	return &ops.Error{
		Message: "Version " + ops.Printable(at, 40) + " is marked dirty: a migration broke off there, and golang-migrate stops.",
		Hint:    "See with migrate status what was applied; then force the version that is true.",
	}
}
