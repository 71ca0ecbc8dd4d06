package policy_test

import (
	"slices"
	"testing"

	"dbbot/ops"
	"dbbot/ops/policy"
)

func TestMayAgree(t *testing.T) {
	stale := policy.Rosters{"S0ENGINEER": {Users: []string{"U0ANA"}, Stale: true}}
	unknown := member("U0LEE")
	unknown.Standing = ops.Unknown
	guest := member("U0LEE")
	guest.Standing = ops.Guest
	outsider := member("U0LEE")
	outsider.ID.Team = "T0OTHER"
	for _, tt := range []struct {
		name         string
		who          ops.Person
		in           policy.Rosters
		by           []string
		want, unseen bool
		why          string
	}{
		{name: "by the file", who: member("U0LEE"), by: []string{"leads"}, want: true},
		{name: "by Slack", who: member("U0ANA"), in: rosters, by: []string{"leads", "engineers"}, want: true},
		{name: "everyone", who: member("U0ZOE"), by: []string{policy.Everyone}, want: true},
		{name: "by the file, Slack unreadable", who: member("U0LEE"), in: stale, by: []string{"engineers", "leads"}, want: true},
		{name: "another group", who: member("U0ANA"), in: rosters, by: []string{"leads"}, why: "Only leads may decide this. Ask one of them."},
		{name: "two other groups", who: member("U0ZOE"), in: rosters, by: []string{"engineers", "leads"}, why: "Only engineers or leads may decide this. Ask one of them."},
		{
			name: "by a stale roster", who: member("U0ANA"), in: stale, by: []string{"engineers"}, unseen: true,
			why: "Only engineers may decide this, and Slack's user groups could not be read just now, so dbbot cannot tell whether you are one. Try again in a minute, or ask one of them.",
		},
		{name: "a group that is gone from the file", who: member("U0LEE"), in: rosters, by: []string{"owners"}, why: "Only owners may decide this. Ask one of them."},
		{name: "nobody has to", who: member("U0LEE"), in: rosters, why: "Nobody has to agree to this, so nobody else decides it."},
		{name: "nobody has to, Slack unreadable", who: member("U0LEE"), in: stale, why: "Nobody has to agree to this, so nobody else decides it."},
		{name: "the directory could not be read", who: unknown, in: rosters, by: []string{"leads"}, unseen: true, why: policy.Admit(unknown, team).Why},
		{name: "a guest", who: guest, in: rosters, by: []string{"leads"}, why: policy.Admit(guest, team).Why},
		{name: "from elsewhere", who: outsider, in: rosters, by: []string{"leads", policy.Everyone}, why: policy.Admit(outsider, team).Why},
	} {
		got, why, unseen := corner.MayAgree(tt.who, team, tt.in, tt.by)
		if got != tt.want || why != tt.why || unseen != tt.unseen {
			t.Errorf("%s: %v, unseen %v, %q", tt.name, got, unseen, why)
		}
	}
}

func TestDecideNamesTheExceptions(t *testing.T) {
	p := policy.Policy{
		Groups: map[string]policy.Group{"leads": {Users: []string{"U0LEE"}, Usergroups: []string{"S0LEAD"}}},
		Entries: []policy.Entry{{Environments: []string{"production"}, Rules: map[ops.Risk]policy.Rule{
			ops.Operate: {Allow: []string{policy.Everyone}, Approve: &policy.Consent{By: []string{"leads"}, Count: 1, Alone: true}},
			ops.Change:  {Allow: []string{policy.Everyone}, Approve: &policy.Consent{By: []string{"leads"}, Count: 2, BreakGlass: true}},
			ops.Destroy: {Allow: []string{policy.Everyone}, Approve: &policy.Consent{By: []string{"leads"}, Count: 2}},
		}}},
	}
	fresh := policy.Rosters{"S0LEAD": {Users: []string{"U0MIA"}}}
	stale := policy.Rosters{"S0LEAD": {Users: []string{"U0MIA"}, Stale: true}}
	for _, tt := range []struct {
		user         string
		in           policy.Rosters
		risk         ops.Risk
		alone, glass bool
	}{
		{"U0LEE", fresh, ops.Operate, true, false},
		{"U0LEE", stale, ops.Operate, true, false}, // named in the file
		{"U0MIA", fresh, ops.Operate, true, false},
		{"U0MIA", stale, ops.Operate, false, false}, // may be a lead no more: somebody else must agree
		{"U0MIA", nil, ops.Operate, false, false},
		{"U0ANA", fresh, ops.Operate, false, false},
		{"U0LEE", fresh, ops.Change, false, true},
		{"U0ANA", fresh, ops.Change, false, true},
		{"U0LEE", fresh, ops.Destroy, false, false},
	} {
		got := p.Decide(member(tt.user), team, tt.in, tt.risk, orders)
		if !got.Allowed || got.Consent == nil || got.Consent.Alone != tt.alone || got.Consent.BreakGlass != tt.glass {
			t.Errorf("%s, %s: %+v", tt.user, tt.risk, got.Consent)
		}
	}
	// What a decision says is its own: changing it changes no rule.
	got := p.Decide(member("U0LEE"), team, fresh, ops.Operate, orders)
	got.Consent.By[0], got.Consent.Count, got.Consent.Alone = policy.Everyone, 0, false
	kept := p.Entries[0].Rules[ops.Operate].Approve
	if !slices.Equal(kept.By, []string{"leads"}) || kept.Count != 1 || !kept.Alone || kept.Within != 0 {
		t.Errorf("the rule is now %+v", kept)
	}
}

func TestChanges(t *testing.T) {
	for name, tt := range map[string]struct {
		rules map[ops.Risk]policy.Rule
		want  bool
	}{
		"nothing":               {nil, false},
		"reading alone":         {map[ops.Risk]policy.Rule{ops.Read: {Allow: []string{policy.Everyone}}}, false},
		"operations":            {map[ops.Risk]policy.Rule{ops.Operate: {Allow: []string{"leads"}}}, true},
		"operations by nobody":  {map[ops.Risk]policy.Rule{ops.Operate: {}}, false},
		"reading, and changing": {map[ops.Risk]policy.Rule{ops.Read: {Allow: []string{"leads"}}, ops.Change: {Allow: []string{"leads"}}}, true},
	} {
		p := policy.Policy{Entries: []policy.Entry{{Environments: []string{"production"}}, {Environments: []string{"*"}, Rules: tt.rules}}}
		if got := p.Changes(); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
