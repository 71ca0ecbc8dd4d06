package policy_test

import (
	"slices"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/policy"

	"pgregory.net/rapid"
)

// Small alphabets, so that names meet.
var (
	users        = rapid.SampledFrom([]string{"U0ANA", "U0BEN", "U0LEE", ""})
	groups       = rapid.SampledFrom([]string{"engineers", "leads", "nobodies", policy.Everyone})
	usergroups   = rapid.SampledFrom([]string{"S0ONE", "S0TWO"})
	environments = rapid.SampledFrom([]string{"production", "staging", "", policy.AnyEnvironment})
	risks        = rapid.SampledFrom(append(ops.Risks(), "vandalise"))
	standings    = rapid.SampledFrom([]ops.Standing{ops.Member, ops.Member, ops.Guest, ops.SingleGuest, ops.Bot, ops.Deleted, ops.External, ops.Unknown, ""})
	teams        = rapid.SampledFrom([]string{team, team, "T0OTHER", ""})
)

func list(of *rapid.Generator[string]) *rapid.Generator[[]string] { return rapid.SliceOfN(of, 0, 3) }

var rules = rapid.Custom(func(t *rapid.T) policy.Rule {
	rule := policy.Rule{Allow: list(groups).Draw(t, "allow")}
	if rapid.Bool().Draw(t, "approve") {
		rule.Approve = &policy.Consent{
			By: list(groups).Draw(t, "by"), Count: rapid.IntRange(-1, 3).Draw(t, "count"),
			Within: time.Duration(rapid.IntRange(-1, 1).Draw(t, "within")) * time.Minute,
			Alone:  rapid.Bool().Draw(t, "alone"), BreakGlass: rapid.Bool().Draw(t, "break glass"),
		}
	}
	return rule
})

var policies = rapid.Custom(func(t *rapid.T) policy.Policy {
	group := rapid.Custom(func(t *rapid.T) policy.Group {
		return policy.Group{Users: list(users).Draw(t, "users"), Usergroups: list(usergroups).Draw(t, "usergroups")}
	})
	entry := rapid.Custom(func(t *rapid.T) policy.Entry {
		return policy.Entry{Environments: list(environments).Draw(t, "environments"), Rules: rapid.MapOfN(risks, rules, 0, 5).Draw(t, "rules")}
	})
	return policy.Policy{
		Groups:  rapid.MapOfN(groups, group, 0, 3).Draw(t, "groups"),
		Entries: rapid.SliceOfN(entry, 0, 3).Draw(t, "entries"),
	}
})

var rosterSets = rapid.MapOfN(usergroups, rapid.Custom(func(t *rapid.T) policy.Roster {
	return policy.Roster{Users: list(users).Draw(t, "members"), Stale: rapid.Bool().Draw(t, "stale")}
}), 0, 2)

// wish is one question to a policy.
type wish struct {
	who    ops.Person
	team   string
	in     policy.Rosters
	risk   ops.Risk
	target ops.Target
}

var wishes = rapid.Custom(func(t *rapid.T) wish {
	return wish{
		who: ops.Person{
			ID:       ops.PersonID{Team: teams.Draw(t, "their team"), User: users.Draw(t, "user")},
			Standing: standings.Draw(t, "standing"),
		},
		team: teams.Draw(t, "our team"), in: rosterSets.Draw(t, "rosters"), risk: risks.Draw(t, "risk"),
		target: ops.Target{Database: "orders", Environment: environments.Draw(t, "environment")},
	}
})

func (w wish) put(p policy.Policy) policy.Decision {
	return p.Decide(w.who, w.team, w.in, w.risk, w.target)
}

func TestOnlyMembersOfTheTeamAreEverAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, w := policies.Draw(t, "policy"), wishes.Draw(t, "wish")
		got := w.put(p)
		if got.Allowed && (w.who.Standing != ops.Member || w.who.ID.Team != w.team || w.team == "" || w.who.ID.User == "") {
			t.Fatalf("allowed: %+v", got)
		}
		if got.Allowed == (got.Why != "") || !got.Allowed && got.Consent != nil {
			t.Fatalf("a refusal has a reason, a permission has none: %+v", got)
		}
		if got.Allowed && got.Consent != nil && (got.Consent.Count < 1 || len(got.Consent.By) == 0 || got.Consent.Within <= 0) {
			t.Fatalf("a consent that nobody has to give: %+v", got.Consent)
		}
	})
}

// Taking every stale roster away changes no decision: so a stale roster never allows.
func TestStaleRostersNeverAllow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, w := policies.Draw(t, "policy"), wishes.Draw(t, "wish")
		with := w.put(p)
		fresh := policy.Rosters{}
		for id, roster := range w.in {
			if !roster.Stale {
				fresh[id] = roster
			}
		}
		w.in = fresh
		if without := w.put(p); with.Allowed != without.Allowed || with.Why != without.Why {
			t.Fatalf("with stale rosters %+v, without %+v", with, without)
		}
	})
}

// Who decides is subject to the same: full members of the team, surely in a group, by what was read just now.
func TestOnlyMembersWhoAreSurelyInAGroupDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, w, by := policies.Draw(t, "policy"), wishes.Draw(t, "wish"), list(groups).Draw(t, "by")
		entitled, why, unseen := p.MayAgree(w.who, w.team, w.in, by)
		if entitled == (why != "") || entitled && unseen {
			t.Fatalf("entitled %v, unseen %v, %q", entitled, unseen, why)
		}
		member := w.who.Standing == ops.Member && w.who.ID.Team == w.team && w.team != "" && w.who.ID.User != ""
		if entitled && (!member || !surely(p, w, by)) {
			t.Fatalf("entitled: %+v", w.who)
		}
		if !entitled && member && surely(p, w, by) {
			t.Fatalf("not entitled: %q", why)
		}
	})
}

// surely is a second reading of who is in a group: named in the file, or by a roster that is fresh.
func surely(p policy.Policy, w wish, by []string) bool {
	return slices.ContainsFunc(by, func(name string) bool {
		return name == policy.Everyone || slices.Contains(p.Groups[name].Users, w.who.ID.User) ||
			slices.ContainsFunc(p.Groups[name].Usergroups, func(id string) bool {
				return !w.in[id].Stale && slices.Contains(w.in[id].Users, w.who.ID.User)
			})
	})
}

// Nobody acts alone who could not have agreed to somebody else's wish, and nothing is allowed that the file does not say.
func TestAloneIsForThoseWhoMayAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, w := policies.Draw(t, "policy"), wishes.Draw(t, "wish")
		rule := policy.Consent{
			By: rapid.SliceOfN(groups, 1, 3).Draw(t, "by"), Count: rapid.IntRange(1, 3).Draw(t, "count"),
			Alone: rapid.Bool().Draw(t, "alone"), BreakGlass: rapid.Bool().Draw(t, "break glass"),
		}
		p.Entries = []policy.Entry{{
			Environments: []string{"production"}, Rules: map[ops.Risk]policy.Rule{ops.Change: {Allow: []string{policy.Everyone}, Approve: &rule}},
		}}
		w.who, w.team, w.risk, w.target = member(users.Filter(func(u string) bool { return u != "" }).Draw(t, "asks")), team, ops.Change, orders
		got := w.put(p)
		if got.Consent == nil {
			t.Fatalf("nobody has to agree: %+v", got)
		}
		may, _, _ := p.MayAgree(w.who, w.team, w.in, rule.By)
		if got.Consent.Alone != (rule.Alone && may) || got.Consent.BreakGlass != rule.BreakGlass {
			t.Fatalf("may agree: %v; the rule %+v, the decision %+v", may, rule, got.Consent)
		}
	})
}

func TestUnknownEnvironmentsAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, w := policies.Draw(t, "policy"), wishes.Draw(t, "wish")
		known := slices.ContainsFunc(p.Entries, func(e policy.Entry) bool {
			return slices.Contains(e.Environments, w.target.Environment) || slices.Contains(e.Environments, policy.AnyEnvironment)
		})
		if got := w.put(p); got.Allowed && (!known || w.target.Environment == "") {
			t.Fatalf("allowed in an unknown environment: %+v", got)
		}
	})
}

// Nothing after the first entry that names the environment matters.
func TestTheFirstMatchingEntryWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, w := policies.Draw(t, "policy"), wishes.Draw(t, "wish")
		first := slices.IndexFunc(p.Entries, func(e policy.Entry) bool {
			return slices.Contains(e.Environments, w.target.Environment) || slices.Contains(e.Environments, policy.AnyEnvironment)
		})
		if first < 0 {
			t.Skip("no entry matches")
		}
		all, alone := w.put(p), w.put(policy.Policy{Groups: p.Groups, Entries: p.Entries[first : first+1]})
		if all.Allowed != alone.Allowed || all.Why != alone.Why {
			t.Fatalf("all entries: %+v, the first match alone: %+v", all, alone)
		}
	})
}
