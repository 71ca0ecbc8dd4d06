package commands

import (
	"fmt"
	"time"
)

// pace adds to a progress how long the rest of its phase may take, once that can be told.
type pace struct {
	to    Progress
	now   func() time.Time
	phase string
	since time.Time
	first int64 // done when the phase began
}

// paced is a progress that says "about 2 minutes left" where it knows how much there is to do.
func paced(to Progress) Progress {
	p := &pace{to: to, now: time.Now}
	return p.say
}

// settled is how long a phase runs before its pace is believed.
const settled = 3 * time.Second

// say is called by one goroutine at a time, as every Progress is.
func (p *pace) say(phase string, done, total int64) {
	now := p.now()
	if phase != p.phase {
		p.phase, p.since, p.first = phase, now, done
	}
	ran, made := now.Sub(p.since), done-p.first
	if total > done && made > 0 && ran >= settled {
		phase += ", " + left(time.Duration(float64(ran)*float64(total-done)/float64(made)))
	}
	p.to(phase, done, total)
}

// left says a time to come no more exactly than it is known.
func left(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds left"
	case d < 55*time.Second:
		return fmt.Sprintf("about %d seconds left", int(d.Round(10*time.Second).Seconds()))
	case d < 90*time.Second:
		return "about a minute left"
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d minutes left", int(d.Round(time.Minute).Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("about %d hours left", int(d.Round(time.Hour).Hours()))
	}
	return "days left"
}
