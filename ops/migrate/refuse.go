package migrate

import (
	"strings"

	"dbbot/ops"
)

// ready says whether anything may run at all, as an *ops.Error.
func (v Survey) ready() error {
	switch {
	case len(v.Faults) > 0:
		return &ops.Error{Message: v.Faults[0], Hint: "Nothing runs until that is mended" + more(len(v.Faults)-1) + "."}
	case len(v.Broken) > 0 && v.Tool == Prisma:
		return v.unmendedPrisma()
	case len(v.Broken) > 0:
		return v.unmendedGolang()
	case v.lost():
		return &ops.Error{
			Message: "The database is at version " + v.at() + ", which the folder does not have; golang-migrate can go nowhere from there.",
			Hint:    "Is it the right folder, and the newest? Otherwise add the file again, or force a version that the folder has.",
		}
	}
	return nil
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return ", and " + ops.Count(n, "other fault")
}

// lost says that golang-migrate does not find the version it is at.
func (v Survey) lost() bool {
	if v.Tool != GolangMigrate || v.At == "" {
		return false
	}
	_, found := v.find(v.At)
	return !found
}

// named finds what somebody typed.
func (v Survey) named(word string) (Migration, error) {
	if m, ok := v.find(word); ok {
		return m, nil
	}
	what := "The folder has no version "
	if v.Tool == Prisma {
		what = "The folder has no migration "
	}
	return Migration{}, &ops.Error{Message: what + ops.Printable(word, 80) + ".", Hint: v.last()}
}

func (v Survey) last() string {
	if len(v.set.Migrations) == 0 {
		return "It is empty."
	}
	return "Its last is " + ops.Printable(v.set.Migrations[len(v.set.Migrations)-1].Name, 80) + "."
}

// at names where the database is, for a sentence.
func (v Survey) at() string {
	if v.At == "" {
		return "the beginning"
	}
	return ops.Printable(v.At, 80)
}

// why says what may be missed where nothing is pending.
func (v Survey) why() string {
	var hints []string
	if len(v.OutOfOrder)+len(v.Unsure) > 0 {
		hints = append(hints, "Older than that, and perhaps never run: "+shown(append(v.OutOfOrder[:len(v.OutOfOrder):len(v.OutOfOrder)], v.Unsure...))+".")
	}
	if len(v.Ignored) > 0 {
		hints = append(hints, "The tool does not see "+shown(v.Ignored)+".")
	}
	return strings.Join(hints, " ")
}
