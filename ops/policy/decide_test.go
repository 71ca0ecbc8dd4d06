package policy_test

import (
	"slices"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/policy"
)

const team = "T0DEMO"

var (
	orders    = ops.Target{Database: "orders", Environment: "production"}
	reporting = ops.Target{Database: "reporting", Environment: "staging"}
)

// corner is the policy of the corner shop: one strict entry and one for everything else.
var corner = policy.Policy{
	Groups: map[string]policy.Group{
		"engineers": {Usergroups: []string{"S0ENGINEER"}},
		"leads":     {Users: []string{"U0LEE", "U0MIA"}},
	},
	Entries: []policy.Entry{
		{Environments: []string{"production"}, Rules: map[ops.Risk]policy.Rule{
			ops.Read:    {Allow: []string{policy.Everyone}},
			ops.Operate: {Allow: []string{"engineers", "leads"}},
			ops.Change:  {Allow: []string{"engineers"}, Approve: &policy.Consent{By: []string{"leads"}, Count: 1, Within: time.Hour}},
		}},
		{Environments: []string{policy.AnyEnvironment}, Rules: map[ops.Risk]policy.Rule{
			ops.Read:    {Allow: []string{policy.Everyone}},
			ops.Change:  {Allow: []string{"engineers"}},
			ops.Destroy: {Allow: []string{"engineers"}, Approve: &policy.Consent{By: []string{policy.Everyone}, Count: 2}},
		}},
	},
}

var rosters = policy.Rosters{"S0ENGINEER": {Users: []string{"U0ANA", "U0BEN"}}}

func member(user string) ops.Person {
	return ops.Person{ID: ops.PersonID{Team: team, User: user}, Standing: ops.Member}
}

func TestDecide(t *testing.T) {
	stale := policy.Rosters{"S0ENGINEER": {Users: []string{"U0ANA"}, Stale: true}}
	tests := []struct {
		name   string
		who    string
		in     policy.Rosters
		risk   ops.Risk
		on     ops.Target
		want   bool
		why    string
		asking []string
	}{
		{name: "everyone reads", who: "U0ZOE", in: rosters, risk: ops.Read, on: orders, want: true},
		{name: "everyone reads without rosters", who: "U0ZOE", risk: ops.Read, on: orders, want: true},
		{name: "a group from Slack", who: "U0ANA", in: rosters, risk: ops.Operate, on: orders, want: true},
		{name: "a group from the file", who: "U0LEE", in: rosters, risk: ops.Operate, on: orders, want: true},
		{name: "a group from the file, Slack unreadable", who: "U0LEE", in: stale, risk: ops.Operate, on: orders, want: true},
		{
			name: "not in the groups", who: "U0ZOE", in: rosters, risk: ops.Operate, on: orders, asking: []string{"engineers", "leads"},
			why: "Only engineers or leads may run operations on orders (production). Ask one of them.",
		},
		{
			name: "in the group, by a stale roster", who: "U0ANA", in: stale, risk: ops.Change, on: orders, asking: []string{"engineers"},
			why: "Only engineers may change orders (production), and Slack's user groups could not be read just now, so dbbot cannot tell whether you are one. Try again in a minute, or ask one of them.",
		},
		{
			name: "no roster at all", who: "U0ANA", risk: ops.Change, on: orders, asking: []string{"engineers"},
			why: "Only engineers may change orders (production), and Slack's user groups could not be read just now, so dbbot cannot tell whether you are one. Try again in a minute, or ask one of them.",
		},
		{
			name: "no rule for the risk, and a later entry does not help", who: "U0ANA", in: rosters, risk: ops.Destroy, on: orders,
			why: `dbbot's policy has no rule that lets anybody do what can lose data on orders (production). Ask whoever runs dbbot to add one for the risk "destroy".`,
		},
		{
			name: "a risk nobody knows", who: "U0ANA", in: rosters, risk: "vandalise", on: orders,
			why: `dbbot's policy has no rule that lets anybody do that on orders (production). Ask whoever runs dbbot to add one for the risk "vandalise".`,
		},
		{name: "any other environment", who: "U0ANA", in: rosters, risk: ops.Change, on: reporting, want: true},
		{
			name: "a database without an environment is not any", who: "U0ANA", in: rosters, risk: ops.Read, on: ops.Target{Database: "orders"},
			why: "orders has no environment in dbbot's configuration, so nobody may do anything on it. Ask whoever runs dbbot.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := corner.Decide(member(tt.who), team, tt.in, tt.risk, tt.on)
			if got.Allowed != tt.want || got.Why != tt.why || !slices.Equal(got.Ask, tt.asking) {
				t.Errorf("got %+v\nwant allowed=%v why=%q ask=%v", got, tt.want, tt.why, tt.asking)
			}
		})
	}
}

// A consent that nobody would have to give refuses, although Validate has named it already: a file may reach Decide
// that nobody has looked at.
func TestAnUnsoundConsentRefuses(t *testing.T) {
	tests := []struct {
		name    string
		consent policy.Consent
		want    bool
	}{
		{"one of the leads", policy.Consent{By: []string{"leads"}, Count: 1}, true},
		{"nobody of the leads", policy.Consent{By: []string{"leads"}}, false},
		{"fewer than nobody", policy.Consent{By: []string{"leads"}, Count: -1}, false},
		{"one of nobody", policy.Consent{Count: 1}, false},
		{"before it was asked for", policy.Consent{By: []string{"leads"}, Count: 1, Within: -time.Second}, false},
	}
	for _, tt := range tests {
		p := corner
		p.Entries = []policy.Entry{{Environments: []string{"production"}, Rules: map[ops.Risk]policy.Rule{
			ops.Change: {Allow: []string{policy.Everyone}, Approve: &tt.consent},
		}}}
		got := p.Decide(member("U0ANA"), team, rosters, ops.Change, orders)
		if got.Allowed != tt.want || got.Allowed == (got.Why != "") {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestDecideNamesTheConsent(t *testing.T) {
	got := corner.Decide(member("U0ANA"), team, rosters, ops.Change, orders)
	if got.Consent == nil || got.Consent.Count != 1 || got.Consent.Within != time.Hour || !slices.Equal(got.Consent.By, []string{"leads"}) {
		t.Errorf("change on production: consent %+v", got.Consent)
	}
	got = corner.Decide(member("U0ANA"), team, rosters, ops.Destroy, reporting)
	if got.Consent == nil || got.Consent.Count != 2 || got.Consent.Within != 30*time.Minute {
		t.Errorf("destroy on staging: consent %+v, want the default time", got.Consent)
	}
	if got = corner.Decide(member("U0ANA"), team, rosters, ops.Change, reporting); got.Consent != nil {
		t.Errorf("change on staging: consent %+v, want none", got.Consent)
	}
}

func TestDecideRefusesWithoutAnEntry(t *testing.T) {
	production := policy.Policy{Groups: corner.Groups, Entries: corner.Entries[:1]}
	got := production.Decide(member("U0ANA"), team, rosters, ops.Read, reporting)
	want := "dbbot's policy has no entry for the environment of reporting (staging), so nobody may do anything on it. Ask whoever runs dbbot."
	if got.Allowed || got.Why != want {
		t.Errorf("got %+v", got)
	}
	if got := (policy.Policy{}).Decide(member("U0ANA"), team, rosters, ops.Read, orders); got.Allowed {
		t.Error("an empty policy allowed something")
	}
}

func TestAdmitGivesEachStandingItsReason(t *testing.T) {
	reasons := map[string]ops.Standing{}
	for _, standing := range []ops.Standing{ops.Guest, ops.SingleGuest, ops.Bot, ops.Deleted, ops.External, ops.Unknown} {
		who := member("U0ANA")
		who.Standing = standing
		got := policy.Admit(who, team)
		if got.Allowed || got.Why == "" {
			t.Errorf("%s: %+v", standing, got)
		}
		if other, same := reasons[got.Why]; same {
			t.Errorf("%s hears what %s hears: %q", standing, other, got.Why)
		}
		reasons[got.Why] = standing
		if decided := corner.Decide(who, team, rosters, ops.Read, orders); decided.Allowed || decided.Why != got.Why {
			t.Errorf("%s: Decide says %+v", standing, decided)
		}
	}
}

// A rule that names nobody is no rule.
func TestARuleForNobodyAllowsNobody(t *testing.T) {
	p := policy.Policy{Entries: []policy.Entry{{Environments: []string{"production"}, Rules: map[ops.Risk]policy.Rule{ops.Change: {}}}}}
	none := policy.Policy{Entries: []policy.Entry{{Environments: []string{"production"}}}}
	got, want := p.Decide(member("U0ANA"), team, rosters, ops.Change, orders), none.Decide(member("U0ANA"), team, rosters, ops.Change, orders)
	if got.Allowed || got.Why != want.Why || got.Why == "" {
		t.Errorf("got %q, want %q", got.Why, want.Why)
	}
}

// Whoever is a full member elsewhere hears that they are from elsewhere, not that the directory could not be read.
func TestAMemberOfAnotherTeamIsExternal(t *testing.T) {
	external := member("U0EVE")
	external.Standing = ops.External
	elsewhere := member("U0EVE")
	elsewhere.ID.Team = "T0OTHER"
	if got, want := policy.Admit(elsewhere, team), policy.Admit(external, team); got.Allowed || got.Why != want.Why {
		t.Errorf("got %q, want %q", got.Why, want.Why)
	}
}

func TestAdmitTeam(t *testing.T) {
	ana := member("U0ANA")
	tests := []struct {
		name string
		who  ops.Person
		team string
		want bool
	}{
		{"a member of our team", ana, team, true},
		{"a member of another team", ops.Person{ID: ops.PersonID{Team: "T0OTHER", User: "U0ANA"}, Standing: ops.Member}, team, false},
		{"no team configured", ana, "", false},
		{"no team on either side", ops.Person{ID: ops.PersonID{User: "U0ANA"}, Standing: ops.Member}, "", false},
		{"nobody", ops.Person{ID: ops.PersonID{Team: team}, Standing: ops.Member}, team, false},
		{"a standing nobody knows", ops.Person{ID: ana.ID, Standing: "owner"}, team, false},
		{"no standing", ops.Person{ID: ana.ID}, team, false},
	}
	for _, tt := range tests {
		if got := policy.Admit(tt.who, tt.team); got.Allowed != tt.want || !tt.want && got.Why == "" {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}
