package postgres

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"dbbot/ops"
)

// Bytes is a size, as all of dbbot says it.
type Bytes = ops.Bytes

// Age is how long something has lasted; it prints as people say it. 0 also stands for "not known".
type Age time.Duration

// UnmarshalJSON takes seconds. What lies in the future by a skewed clock is now; null is 0.
func (a *Age) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	*a = Age(min(max(seconds, 0), math.MaxInt64/2e9) * float64(time.Second))
	return nil
}

// Seconds of it.
func (a Age) Seconds() float64 { return time.Duration(a).Seconds() }

func (a Age) String() string {
	d := time.Duration(a)
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2g ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.2g s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 10*time.Minute:
		return twoUnits(d, time.Minute, "min", time.Second, "s")
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return twoUnits(d, time.Hour, "h", time.Minute, "min")
	case d < 48*time.Hour:
		return twoUnits(d, 24*time.Hour, "day", time.Hour, "h")
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}

func twoUnits(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	if rest := d % big / small; rest > 0 {
		return fmt.Sprintf("%d %s %d %s", d/big, bigName, rest, smallName)
	}
	return fmt.Sprintf("%d %s", d/big, bigName)
}
