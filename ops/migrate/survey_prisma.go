package migrate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
)

// prisma: a name is applied when it has a row that was not rolled back, at any position; such a row without an end is
// a failed one and stops the tool (P3009).
func (v *Survey) prisma() {
	if v.journal.Prisma8 {
		v.Faults = append(v.Faults, "The database is kept by Prisma 8, whose migrations are another system (schema prisma_contract); dbbot understands those of Prisma 5 to 7.")
	}
	standing := v.standing()
	newest := ""
	for _, m := range v.set.Migrations {
		row, has := standing[m.Name]
		delete(standing, m.Name)
		switch {
		case !has:
			v.Pending = append(v.Pending, m)
			continue
		case row.Finished == nil:
			continue // broken: neither applied nor pending
		case row.Checksum != "" && m.Up.Sum != "" && !Matches(row.Checksum, m.Up.SQL):
			v.Edited = append(v.Edited, m.Name)
		}
		v.Applied = append(v.Applied, m)
		newest = m.Name
	}
	for name, row := range standing {
		if row.Finished != nil {
			v.Unknown = append(v.Unknown, name)
		}
	}
	slices.Sort(v.Unknown)
	for _, m := range v.Pending {
		if m.Name < newest {
			v.OutOfOrder = append(v.OutOfOrder, m.Name)
		}
	}
}

// standing is the row that counts for each name, and notes what broke off, and what was applied last.
func (v *Survey) standing() map[string]Record {
	rows := map[string]Record{}
	for _, row := range v.journal.Records {
		switch {
		case row.failed():
			if !slices.Contains(v.Broken, row.Name) {
				v.Broken = append(v.Broken, row.Name)
			}
		case row.applied():
			v.At = row.Name
		default:
			continue
		}
		rows[row.Name] = row
	}
	return rows
}

// Matches says whether Prisma would take these bytes for those of the checksum: line ends do not matter to it, nor do
// the checksums of old versions, which leave out the leading zero of a byte (reference 2.2).
func Matches(checksum string, sql []byte) bool {
	unix := bytes.ReplaceAll(sql, []byte("\r\n"), []byte("\n"))
	for _, variant := range [][]byte{sql, unix, bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n"))} {
		sum := sha256.Sum256(variant)
		if checksum == hex.EncodeToString(sum[:]) || len(checksum) != 2*sha256.Size && checksum == unpadded(sum[:]) {
			return true
		}
	}
	return false
}

func unpadded(sum []byte) string {
	var b strings.Builder
	for _, c := range sum {
		fmt.Fprintf(&b, "%x", c)
	}
	return b.String()
}

func (v Survey) unmendedPrisma() *ops.Error {
	return &ops.Error{
		Message: "Migration " + shown(v.Broken) + " broke off, and Prisma stops there.",
		Hint:    "See what was applied; then migrate resolve says whether it counts as applied or as rolled back.",
	}
}
