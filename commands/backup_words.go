package commands

import (
	"fmt"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/postgres"
)

// elapsed is how long ago something was.
func elapsed(now, then time.Time) string { return postgres.Age(max(now.Sub(then), 0)).String() }

func moment(at time.Time) Span { return Span{Kind: Moment, When: at} }

func ident(id backup.ID) Span { return literal(name(string(id))) }

// size of all that is stored of a backup.
func stored(m backup.Manifest) int64 {
	total := m.Archive.Size
	if m.Globals != nil {
		total += m.Globals.Size
	}
	return total
}

func bytesOf(n int64) string { return ops.Bytes(n).String() }

// lasting is how long it took to take it. Manifests count in seconds.
func lasting(m backup.Manifest) string {
	if took := m.Finished.Sub(m.Started); took >= time.Second {
		return postgres.Age(took).String()
	}
	return "less than a second"
}

// rowsOf counts what was counted in a backup.
func rowsOf(i backup.Inventory) (rows int64) {
	for _, t := range i.Tables {
		rows += t.Rows
	}
	return rows
}

// many says a large number as people say it.
func many(n int64, one string) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%d million %ss", n/1_000_000, one)
	case n >= 1_000_000:
		return fmt.Sprintf("%.1f million %ss", float64(n)/1e6, one)
	}
	return Counted(n, one)
}

// Counted says a number of things exactly: "2,401,220 rows".
func Counted(n int64, one string) string {
	return grouped(n) + strings.TrimPrefix(ops.Count(int(n), one), fmt.Sprint(n))
}

// grouped writes a number with a comma between its thousands.
func grouped(n int64) string {
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// proof is how a verification was done, behind "verified".
var proof = map[backup.How]string{
	backup.Checksum: "by its checksum alone",
	backup.Read:     "by reading all of it",
	backup.Restored: "by restoring it",
}

// verification says how a backup stands, behind “verified”: taken is never called verified.
func verification(b backup.Backup) Text {
	switch v := b.Verified; {
	case v == nil:
		return Say("never")
	case len(v.Found) > 0:
		return Text{{Text: "failed "}, moment(v.At)}
	default:
		return Text{{Text: proof[v.How] + " "}, moment(v.At)}
	}
}

func verdictOn(b backup.Backup) Verdict {
	switch {
	case b.Verified == nil:
		return Watch
	case !b.Good():
		return Bad
	}
	return Good
}

// stays says until when a backup is kept, and why. rule is what the rules say of it.
func stays(b backup.Backup, rule backup.Verdict) string {
	switch {
	case b.Kept != nil && b.Kept.Why != "":
		return "kept: “" + ops.Printable(b.Kept.Why, nameRunes) + "”"
	case b.Kept != nil:
		return "kept"
	case rule.Stays:
		return rule.Why
	}
	return "until the next success: " + rule.Why
}

// newestLine is the state of the newest verified backup in a line, as status and a plan say it.
func newestLine(b *backup.Backup, limit time.Duration, now time.Time) (Text, Verdict) {
	if b == nil {
		return Say("there is no verified backup"), Bad
	}
	text := Text{{Text: "the newest verified is "}, ident(b.ID), {Text: ", taken " + elapsed(now, b.Started) + " ago, verified " + proof[b.Verified.How]}}
	if limit > 0 && now.Sub(b.Started) > limit {
		return append(text, Span{Text: "; it should not be older than " + postgres.Age(limit).String()}), Watch
	}
	return text, Good
}

// encrypted says who can open a backup.
func encrypted(recipients []string) string {
	if len(recipients) == 0 {
		return "not encrypted"
	}
	return "encrypted to " + ops.Count(len(recipients), "key")
}

// byHandRestore is how a backup is restored without dbbot.
func byHandRestore(m backup.Manifest) string {
	var steps []string
	file := m.Archive.Name
	add := func(words string) {
		steps, file = append(steps, strings.TrimSpace(words+" "+file)), ""
	}
	if m.Archive.Age {
		add("age -d -i key.txt")
	}
	if m.Archive.Zstd {
		add("zstd -d -c")
	}
	if m.Archive.Format != "directory" {
		add("pg_restore --exit-on-error --dbname=…")
		return strings.Join(steps, " | ")
	}
	if add("tar -x"); len(steps) == 1 {
		steps[0] = "tar -x -f " + m.Archive.Name
	}
	return strings.Join(steps, " | ") + "; pg_restore --exit-on-error --jobs=2 --dbname=… archive"
}
