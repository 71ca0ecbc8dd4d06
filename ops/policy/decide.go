package policy

import (
	"maps"
	"slices"

	"dbbot/ops"
)

// Decision is what the policy says about one wish of one person.
type Decision struct {
	Allowed bool
	Why     string   // for people: why not, and whom to ask; empty where it is allowed
	Ask     []string // groups whose members may do it; empty where nobody may, or where it is allowed
	Consent *Consent // who must agree before it runs; nil where nobody must, or where it is refused. Alone: this person needs nobody
}

// Admit says whether somebody may use dbbot at all: it decides what is about no database, such as help. Only full
// members of the team are admitted (safety: guests, bots, deactivated and external people can all press buttons).
func Admit(who ops.Person, team string) Decision {
	ours := team != "" && who.ID.Team == team && who.ID.User != ""
	switch {
	case who.Standing == ops.Member && ours:
		return Decision{Allowed: true}
	case who.Standing == ops.Member:
		return Decision{Why: standings[ops.External]}
	}
	if why, known := standings[who.Standing]; known {
		return Decision{Why: why}
	}
	return Decision{Why: standings[ops.Unknown]}
}

// Decide says whether a person may do what risk says on a database. It allows only what an entry of the policy
// allows to a group the person is surely in, right now; every refusal carries its reason.
func (p Policy) Decide(who ops.Person, team string, in Rosters, risk ops.Risk, target ops.Target) Decision {
	if at := Admit(who, team); !at.Allowed {
		return at
	}
	entry, named := p.entry(target.Environment)
	if !named {
		return Decision{Why: whyUnnamed(target)}
	}
	rule, allows := entry.Rules[risk]
	if !allows || len(rule.Allow) == 0 || !slices.Contains(ops.Risks(), risk) {
		return Decision{Why: whyNobody(risk, target)}
	}
	if !rule.Approve.sound() {
		return Decision{Why: whyUnsound(risk, target)}
	}
	member, unseen := p.belongs(who.ID.User, rule.Allow, in)
	switch {
	case member:
		return Decision{Allowed: true, Consent: p.consent(rule.Approve, who.ID.User, in)}
	case unseen:
		return Decision{Why: whyUnseen(rule.Allow, risk, target), Ask: slices.Clone(rule.Allow)}
	}
	return Decision{Why: whyOthers(rule.Allow, risk, target), Ask: slices.Clone(rule.Allow)}
}

// belongs says whether a full member is surely in one of the groups. unseen: no, but a roster that could have said
// yes is missing or stale.
func (p Policy) belongs(user string, groups []string, in Rosters) (member, unseen bool) {
	for _, name := range groups {
		group := p.Groups[name] // a group nobody defined is empty
		if name == Everyone || slices.Contains(group.Users, user) {
			return true, false
		}
		for _, id := range group.Usergroups {
			roster, read := in[id]
			if !read || roster.Stale {
				unseen = true
			} else if slices.Contains(roster.Users, user) {
				return true, false
			}
		}
	}
	return false, unseen
}

// sound is false for a consent that could be taken for "nobody has to agree": Validate reports those, and Decide
// refuses them all the same.
func (c *Consent) sound() bool {
	return c == nil || c.Count >= 1 && len(c.By) > 0 && c.Within >= 0
}

// consent is what one person needs: with the default time, and alone only where they are surely one of those who agree.
func (p Policy) consent(c *Consent, user string, in Rosters) *Consent {
	if c == nil {
		return nil
	}
	full := *c
	full.By = slices.Clone(c.By)
	if full.Within == 0 {
		full.Within = defaultWithin
	}
	if c.Alone {
		full.Alone, _ = p.belongs(user, c.By, in)
	}
	return &full
}

// MayAgree says whether a person may decide what the groups under by decide, right now. why is for them where they may
// not; unseen: no, because it could not be found out.
func (p Policy) MayAgree(who ops.Person, team string, in Rosters, by []string) (entitled bool, why string, unseen bool) {
	if at := Admit(who, team); !at.Allowed {
		return false, at.Why, who.Standing == ops.Unknown
	}
	entitled, unseen = p.belongs(who.ID.User, by, in)
	switch {
	case entitled:
		return true, "", false
	case len(by) == 0:
		return false, whyNoDeciders, false
	case unseen:
		return false, whyUnseenDecider(by), true
	}
	return false, whyNoDecider(by), false
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
