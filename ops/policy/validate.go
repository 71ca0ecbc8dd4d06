package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"dbbot/ops"
)

// Fault is a mistake in the file. Path is where it stands, as policy[0].change.allow[1] or groups.leads.users[0].
type Fault struct{ Path, Value, Problem, Fix string }

func (f Fault) String() string {
	if f.Value == "" {
		return fmt.Sprintf("%s: %s. %s", f.Path, f.Problem, f.Fix)
	}
	return fmt.Sprintf("%s: %q %s. %s", f.Path, f.Value, f.Problem, f.Fix)
}

// Ids as Slack gives them out (reference: users start with U or W, user groups with S).
var (
	userID      = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	usergroupID = regexp.MustCompile(`^S[A-Z0-9]{2,}$`)
)

// check gathers faults while it walks the policy.
type check struct {
	Policy
	faults []Fault
}

func (c *check) add(path, value, problem, fix string) {
	c.faults = append(c.faults, Fault{path, value, problem, fix})
}

// Validate finds all mistakes at once: those of groups first, then those of the entries in the order of the file.
// A policy without entries has no mistake: it refuses everything.
func (p Policy) Validate() []Fault {
	c := check{Policy: p}
	for _, name := range slices.Sorted(maps.Keys(p.Groups)) {
		c.group("groups."+name, name, p.Groups[name])
	}
	named := map[string]string{}
	for i, e := range p.Entries {
		path := fmt.Sprintf("policy[%d]", i)
		c.environments(path, e, named)
		c.rules(path, e)
	}
	return c.faults
}

func (c *check) group(path, name string, g Group) {
	if name == Everyone {
		c.add(path, "", "the name everyone is taken: it means every full member of the workspace", "Choose another name.")
	}
	if len(g.Users)+len(g.Usergroups) == 0 {
		c.add(path, "", "nobody is in this group", "List users or usergroups, or remove the group.")
	}
	for i, id := range g.Users {
		if !userID.MatchString(id) {
			c.add(fmt.Sprintf("%s.users[%d]", path, i), id, "is not a Slack member id",
				"Take the id that begins with U or W: in Slack, open the profile, then Copy member ID.")
		}
	}
	for i, id := range g.Usergroups {
		if !usergroupID.MatchString(id) {
			c.add(fmt.Sprintf("%s.usergroups[%d]", path, i), id, "is not the id of a Slack user group",
				"Take the id that begins with S: it ends the address of the group's page in Slack.")
		}
	}
}

// environments finds names that say nothing. An entry after "*", or one whose names all stand further up, would
// never apply, and whoever wrote it believes that it does.
func (c *check) environments(path string, e Entry, named map[string]string) {
	if len(e.Environments) == 0 {
		c.add(path+".environments", "", "no environment is named", `List the environments this entry is for, or "*" for all others.`)
	}
	for i, name := range e.Environments {
		at := fmt.Sprintf("%s.environments[%d]", path, i)
		if name == "" {
			c.add(at, "", "the name is empty", `Write the environment's name, or "*".`)
			continue
		}
		for _, other := range []string{name, AnyEnvironment} {
			if before, taken := named[other]; taken {
				c.add(at, name, "never applies here: "+before+" comes first and names it", "The first entry that matches applies; move this one up, or remove it.")
				break
			}
		}
		if _, taken := named[name]; !taken {
			named[name] = path
		}
	}
}

func (c *check) rules(path string, e Entry) {
	for _, risk := range ops.Risks() {
		if rule, found := e.Rules[risk]; found {
			c.rule(path+"."+string(risk), risk, rule)
		}
	}
	for _, risk := range slices.Sorted(maps.Keys(e.Rules)) {
		if !slices.Contains(ops.Risks(), risk) {
			c.add(path+"."+string(risk), string(risk), "is no risk", "The risks are read, operate, change and destroy.")
		}
	}
}

func (c *check) rule(path string, risk ops.Risk, r Rule) {
	c.names(path+".allow", r.Allow, "nobody is allowed", "List groups or everyone, or remove the rule: what is not allowed is refused.")
	c.conditions(path, risk, r)
	if r.Approve == nil {
		return
	}
	path += ".approve"
	if risk == ops.Read {
		c.add(path, "", "questions are answered at once, so nobody can be asked first", "Remove approve here, or allow fewer groups.")
	}
	c.names(path+".by", r.Approve.By, "nobody is named who could agree", "List the groups whose members may agree.")
	if r.Approve.Within < 0 {
		c.add(path+".within", r.Approve.Within.String(), "is negative", "Write a duration such as 30m.")
	}
	c.exceptions(path, *r.Approve)
	c.severe(path+".severe", risk, *r.Approve)
	switch people, known := c.people(r.Approve.By); {
	case r.Approve.Count < 1:
		c.add(path+".count", strconv.Itoa(r.Approve.Count), "must be at least 1", "Write how many people must agree.")
	case known && people > 0 && people < r.Approve.Count:
		c.add(path+".count", strconv.Itoa(r.Approve.Count), fmt.Sprintf("can never be reached: the groups under by have only %d", people),
			"Name more people, or ask for fewer.")
	}
}

// exceptions finds those that would leave nobody to agree, or that say nothing.
func (c *check) exceptions(path string, a Consent) {
	all := slices.Contains(a.By, Everyone)
	if a.Alone && all {
		c.add(path+".alone", "true", "means that nobody ever has to agree, since everyone may", "Name the groups under by, or remove approve.")
	}
	if a.BreakGlass && all {
		c.add(path+".break_glass", "true", "lets everyone approve what they ask for themselves", "Name the groups under by, or remove break_glass.")
	}
	if a.Alone && a.BreakGlass && a.Count == 1 && !all {
		c.add(path+".break_glass", "true", "says nothing here: alone lets the same people act without a second person already", "Remove one of the two.")
	}
}

func (c *check) names(path string, names []string, none, fix string) {
	if len(names) == 0 {
		c.add(path, "", none, fix)
	}
	for i, name := range names {
		if _, defined := c.Groups[name]; !defined && name != Everyone {
			c.add(fmt.Sprintf("%s[%d]", path, i), name, "is not a group of this file", "Define it under groups, or use everyone.")
		}
	}
}

// people counts who is in the groups, where the file alone tells: not for everyone, and not with Slack user groups.
func (p Policy) people(groups []string) (count int, known bool) {
	users := map[string]bool{}
	for _, name := range groups {
		group := p.Groups[name]
		if name == Everyone || len(group.Usergroups) > 0 {
			return 0, false
		}
		for _, id := range group.Users {
			users[id] = true
		}
	}
	return len(users), true
}
