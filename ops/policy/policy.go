// Package policy decides who may do what on which database, when, and with whose consent. It is pure: it reads no
// clock, no network and no file but those of the time zones, so that every rule can be tested as a table. It imports ops
// and nothing else.
//
// What is not allowed is refused. The first entry that names a database's environment applies, alone.
package policy

import (
	"time"

	"dbbot/ops"
)

const (
	// Everyone stands for every full member of the workspace: no guest, bot, deactivated or external person.
	Everyone = "everyone"
	// AnyEnvironment in an entry matches every environment.
	AnyEnvironment = "*"
	// defaultWithin is how long a request waits for consent where the file does not say.
	defaultWithin = 30 * time.Minute
)

// Policy is what the configuration file says under policy and groups.
type Policy struct {
	Entries []Entry
	Groups  map[string]Group
}

// Entry holds the rules of some environments. A risk without a rule is refused.
type Entry struct {
	Environments []string
	Rules        map[ops.Risk]Rule
}

// Rule says which groups may do something, who must agree first (nobody, where Approve is nil), and what else must be so.
type Rule struct {
	Allow   []string
	Approve *Consent
	Windows *Windows // when it is closed; nil: never

	// Of migrations that run SQL, which lie under change and destroy:
	RequireBackup time.Duration `yaml:"require_backup"` // the newest verified backup may be no older; zero: it may
	Backup        string        // Before, or empty
}

// Before in a rule has a backup taken and verified as a part of each migration, before anything is run.
const Before = "before"

// Consent is what must be given before anything runs: by how many people of which groups, and how soon. The person
// who asked never counts. Both exceptions are off unless the file says otherwise.
type Consent struct {
	By         []string
	Count      int
	Within     time.Duration
	Alone      bool // who is in By needs nobody else for what they ask themselves
	BreakGlass bool `yaml:"break_glass"` // one of By may decide alone, with a written reason
	Severe     int  // so many instead of Count where the check of a migration finds something severe; zero: as many
}

// For gives the consent that is needed where the check found something severe, or did not. Nobody acts alone on that,
// where the file asks for more people.
func (c *Consent) For(severe bool) *Consent {
	if c == nil || !severe || c.Severe <= c.Count {
		return c
	}
	more := *c
	more.Count, more.Alone = c.Severe, false
	return &more
}

// Group is a set of people by their ids, and by Slack user groups. Names and e-mails decide nothing.
type Group struct {
	Usergroups []string
	Users      []string
}

// Rosters are the members of Slack user groups by the group's id, as read a moment ago.
type Rosters map[string]Roster

// Roster is who is in a user group. A stale one (older than the reader's bound, or one that could not be read)
// never allows anything.
type Roster struct {
	Users []string
	Stale bool
}

// UnmarshalYAML reads an entry whose risks stand beside its environments, as the file has them. A word that is no
// risk is kept, so that Validate can name it together with all other faults.
func (e *Entry) UnmarshalYAML(decode func(any) error) error {
	var raw struct {
		Environments []string
		Rules        map[string]Rule `yaml:",inline"`
	}
	if err := decode(&raw); err != nil {
		return err
	}
	e.Environments, e.Rules = raw.Environments, make(map[ops.Risk]Rule, len(raw.Rules))
	for risk, rule := range raw.Rules {
		e.Rules[ops.Risk(risk)] = rule
	}
	return nil
}

// Usergroups lists the ids of all Slack user groups the policy needs rosters of, each once, sorted.
func (p Policy) Usergroups() []string {
	seen := map[string]bool{}
	for _, group := range p.Groups {
		for _, id := range group.Usergroups {
			seen[id] = true
		}
	}
	return sorted(seen)
}

// entry is the first that names the environment. A database without an environment is not "any": it is refused.
func (p Policy) entry(environment string) (Entry, bool) {
	if environment == "" {
		return Entry{}, false
	}
	for _, e := range p.Entries {
		for _, name := range e.Environments {
			if name == environment || name == AnyEnvironment {
				return e, true
			}
		}
	}
	return Entry{}, false
}

// Rule gives the rule of a risk on a database, empty where there is none: what holds for everybody.
func (p Policy) Rule(risk ops.Risk, target ops.Target) Rule {
	entry, _ := p.entry(target.Environment)
	return entry.Rules[risk]
}

// Changes says whether the policy allows anybody anything beyond reading.
func (p Policy) Changes() bool {
	for _, entry := range p.Entries {
		for risk, rule := range entry.Rules {
			if risk != ops.Read && len(rule.Allow) > 0 {
				return true
			}
		}
	}
	return false
}
