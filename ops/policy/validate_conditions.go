package policy

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"dbbot/ops"
)

// migrates: migrations that run SQL lie under these risks.
func migrates(risk ops.Risk) bool { return risk == ops.Change || risk == ops.Destroy }

// conditions finds what a rule asks beside people, and cannot have.
func (c *check) conditions(path string, risk ops.Risk, r Rule) {
	const fix = "Write it under change or destroy, where migrations are."
	if r.Windows != nil {
		c.windows(path+".windows", risk, *r.Windows)
	}
	switch at := path + ".require_backup"; {
	case r.RequireBackup < 0:
		c.add(at, r.RequireBackup.String(), "is negative", "Write a duration such as 24h.")
	case r.RequireBackup > 0 && !migrates(risk):
		c.add(at, r.RequireBackup.String(), "says nothing here: it is asked of migrations alone", fix)
	case r.RequireBackup > 0 && r.Backup == Before:
		c.add(at, r.RequireBackup.String(), "says nothing beside backup: before, which takes a fresh one each time", "Remove one of the two.")
	}
	switch at := path + ".backup"; {
	case r.Backup != "" && r.Backup != Before:
		c.add(at, r.Backup, "is not a word that is known here", "Write before, or remove it.")
	case r.Backup == Before && !migrates(risk):
		c.add(at, r.Backup, "says nothing here: it is asked of migrations alone", fix)
	}
}

func (c *check) windows(path string, risk ops.Risk, w Windows) {
	if risk == ops.Read {
		c.add(path, "", "questions are answered at any hour", "Remove windows here.")
	}
	if _, err := time.LoadLocation(w.Zone); err != nil || w.Zone == "Local" {
		c.add(path+".zone", w.Zone, "is no time zone", "Write a name such as Europe/Berlin, or leave it out for UTC.")
	}
	if len(w.Closed) == 0 {
		c.add(path+".closed", "", "no time is closed", `List days and hours such as "Sat" or "Fri 16:00-24:00", or remove windows.`)
	}
	sound := true
	for i, line := range w.Closed {
		if _, err := parseWindow(line); err != nil {
			sound = false
			c.add(fmt.Sprintf("%s.closed[%d]", path, i), line, err.Error(), `Write it like "Sat", "Fri 16:00-24:00", "Mon-Thu 22:00-06:00", "12:00-13:00", "2026-12-24" or "2026-12-20..2027-01-02".`)
		}
	}
	week := Windows{Closed: w.Closed} // the same week after week: any moment and any zone will do
	if _, _, err := week.Shut(time.Unix(0, 0)); sound && errors.Is(err, ErrNeverOpen) {
		c.add(path+".closed", "", "leaves no time at all", "Leave some hours open, or remove the rule: what is not allowed is refused.")
	}
}

// severe finds a number that nobody can reach, or that changes nothing.
func (c *check) severe(path string, risk ops.Risk, a Consent) {
	if a.Severe == 0 {
		return
	}
	value := strconv.Itoa(a.Severe)
	switch people, known := c.people(a.By); {
	case !migrates(risk):
		c.add(path, value, "says nothing here: only migrations are checked", "Write it under change or destroy.")
	case a.Severe <= a.Count:
		c.add(path, value, "says nothing: it is no more than count", "Write a larger number, or remove it.")
	case known && people > 0 && people < a.Severe:
		c.add(path, value, fmt.Sprintf("can never be reached: the groups under by have only %d", people), "Name more people, or ask for fewer.")
	}
}
