package ops

import "fmt"

// Bytes is a size; it prints as people say it, with PostgreSQL's units of 1024.
type Bytes int64

func (b Bytes) String() string {
	if b < 0 {
		return "-" + (-b).String()
	}
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB", "EB"}
	n, i := float64(b), 0
	for n >= 1000 && i < len(units)-1 {
		n, i = n/1024, i+1
	}
	if n >= 10 {
		return fmt.Sprintf("%.0f %s", n, units[i])
	}
	return fmt.Sprintf("%.2g %s", n, units[i])
}
