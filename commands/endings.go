package commands

import (
	"fmt"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/postgres"
)

// maxEndings is beside how many blocking sessions buttons stand: the first holds up most, and after it is gone one looks
// again.
const maxEndings = 3

// endings are buttons for the sessions that hold others up, as far as the asker may press them. Each types a command for
// whoever presses, which says exactly what was seen: it reaches nobody else.
func endings(asker Asker, target ops.Target, tree []*postgres.Knot) (buttons []Button) {
	may := func(risk ops.Risk) bool {
		allowed, _ := asker.May(risk, target)
		return allowed
	}
	stop, end := may(ops.Operate), may(ops.Destroy)
	for _, root := range tree[:min(len(tree), maxEndings)] {
		s := root.Session
		if root.Wait != nil || s.Started == nil { // a circle, which PostgreSQL resolves; a prepared transaction; hidden
			continue
		}
		if stop && s.State == "active" && s.Asked != nil {
			buttons = append(buttons, Button{
				Name: fmt.Sprintf("Cancel query %d", s.PID), Words: exactly("cancel", target, s, s.Asked),
				Confirm: &Confirm{
					Title: fmt.Sprintf("Cancel the query of session %d?", s.PID),
					Text:  "It stops with an error; the session stays. Where others must agree, they are asked first.",
					Yes:   "Cancel query", No: "Leave it",
				},
			})
		}
		if end {
			buttons = append(buttons, Button{
				Name: fmt.Sprintf("Terminate %d", s.PID), Words: exactly("terminate", target, s, s.Transaction), Style: Danger,
				Confirm: &Confirm{
					Title: fmt.Sprintf("Terminate session %d?", s.PID),
					Text:  "Its open transaction is rolled back, and its client loses the connection. Where others must agree, they are asked first.",
					Yes:   "Terminate", No: "Leave it",
				},
			})
		}
	}
	return buttons
}

// exactly are the words of a command about a session as it was seen.
func exactly(path string, target ops.Target, s postgres.Session, since *time.Time) string {
	words := []string{path, fmt.Sprint(s.PID), typed(target.Database), startedArg.Name + "=" + stamp(*s.Started)}
	if since != nil {
		words = append(words, sinceArg.Name+"="+stamp(*since))
	}
	return strings.Join(words, " ")
}

// stamp writes a moment to the microsecond, which is as finely as PostgreSQL counts.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
