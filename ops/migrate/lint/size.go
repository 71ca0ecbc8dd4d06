package lint

import (
	"fmt"

	"dbbot/ops"
)

// size of a table in brackets, for a sentence; nothing where it is not known.
func size(t Table, known bool) string {
	if !known {
		return ""
	}
	return " (" + t.Size() + ")"
}

// Size says how large a table is: "about 2.4 million rows, 1.2 GB".
func (t Table) Size() string {
	return "about " + rowsText(t.count()) + ", " + ops.Bytes(t.Bytes).String()
}

func rowsText(n int64) string {
	switch {
	case n == 1:
		return "1 row"
	case n >= 1_000_000_000:
		return fmt.Sprintf("%.1f billion rows", float64(n)/1e9)
	case n >= 1_000_000:
		return fmt.Sprintf("%.1f million rows", float64(n)/1e6)
	case n >= 10_000:
		return fmt.Sprintf("%d,000 rows", (n+500)/1000)
	}
	return fmt.Sprintf("%d rows", n)
}
