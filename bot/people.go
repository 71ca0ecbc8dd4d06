package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/policy"
)

// people knows who somebody is and what they may do, as the directory says it and the policy decides it.
type people struct {
	policy  policy.Policy
	team    func() string
	persons *cache[ops.PersonID, ops.Person]
	rosters *cache[string, []string]
}

func newPeople(o Options) *people {
	return &people{
		policy: o.Policy, team: o.Team,
		persons: newCache(o.Log, func(ctx context.Context, id ops.PersonID) (ops.Person, error) { return o.Directory.Person(ctx, id) }),
		rosters: newCache(o.Log, func(ctx context.Context, id string) ([]string, error) { return o.Directory.Roster(ctx, id) }),
	}
}

// asker looks somebody up. Who cannot be looked up is refused: with the reason an older lookup gave, if it gave one.
func (p *people) asker(ctx context.Context, id ops.PersonID) (commands.Asker, policy.Decision) {
	ctx, cancel := context.WithTimeout(ctx, lookupBound)
	defer cancel()
	var all sync.WaitGroup
	var in policy.Rosters
	all.Go(func() { in = p.read(ctx) })
	person, fresh := p.persons.get(ctx, id)
	all.Wait()
	if person.ID != id || !fresh && person.Standing == ops.Member {
		person = ops.Person{ID: id, Standing: ops.Unknown}
	}
	team := p.team()
	may := func(risk ops.Risk, target ops.Target) (bool, string) {
		decision := p.policy.Decide(person, team, in, risk, target)
		return decision.Allowed, decision.Why + consent(decision.Consent)
	}
	return commands.Asker{Person: person, Groups: p.groups(id.User, in), May: may}, policy.Admit(person, team)
}

// consent says who must agree first; whoever may act alone needs nobody.
func consent(c *policy.Consent) string {
	if c == nil || c.Alone {
		return ""
	}
	words := "when one of " + strings.Join(c.By, " or ") + " agrees"
	if c.Count > 1 {
		words = fmt.Sprintf("when %d of %s agree", c.Count, strings.Join(c.By, " or "))
	}
	if c.BreakGlass {
		words += ", or one of them breaks the glass"
	}
	return words
}

// read gets all rosters that the policy needs, at once. Those that cannot be read are marked stale.
func (p *people) read(ctx context.Context) policy.Rosters {
	var all sync.WaitGroup
	var mu sync.Mutex
	rosters := policy.Rosters{}
	for _, id := range p.policy.Usergroups() {
		all.Go(func() {
			users, fresh := p.rosters.get(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			rosters[id] = policy.Roster{Users: users, Stale: !fresh}
		})
	}
	all.Wait()
	return rosters
}

// groups are those of the policy that somebody is surely in, by name.
func (p *people) groups(user string, in policy.Rosters) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(p.policy.Groups)) {
		group := p.policy.Groups[name]
		inRoster := func(id string) bool { return !in[id].Stale && slices.Contains(in[id].Users, user) }
		if slices.Contains(group.Users, user) || slices.ContainsFunc(group.Usergroups, inRoster) {
			names = append(names, name)
		}
	}
	return names
}
