package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dbbot/ops/policy"

	"go.yaml.in/yaml/v4"
)

func parse(t *testing.T, text string) policy.Policy {
	t.Helper()
	var file struct {
		Groups map[string]policy.Group
		Policy []policy.Entry
	}
	if err := yaml.Load([]byte(text), &file, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	return policy.Policy{Groups: file.Groups, Entries: file.Policy}
}

const sound = `
groups:
  engineers: {usergroups: [S0ENGINEER], users: [U0ENGINEER]}
  leads:     {users: [U0LEADONE, U0LEADTWO]}
policy:
  - environments: [production]
    read:    {allow: [everyone]}
    operate: {allow: [engineers]}
    change:  {allow: [engineers], approve: {by: [leads], count: 1, within: 30m}}
    destroy:
      allow: [leads]
      approve: {by: [leads], count: 1, severe: 2, within: 15m}
      windows: {zone: Europe/Berlin, closed: ["Fri 16:00-24:00", "Sat", "Sun"]}
      require_backup: 24h
  - environments: ["*"]
    read:    {allow: [everyone]}
    destroy: {allow: [engineers], approve: {by: [engineers, leads], count: 1}}
`

func TestValidateAcceptsASoundPolicy(t *testing.T) {
	p := parse(t, sound)
	if faults := p.Validate(); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
	if got := p.Usergroups(); !slices.Equal(got, []string{"S0ENGINEER"}) {
		t.Errorf("user groups %v", got)
	}
	if got := p.Entries[0].Rules["change"].Approve; got == nil || got.Within.Minutes() != 30 {
		t.Errorf("consent %+v", got)
	}
}

func TestValidateNamesEachFault(t *testing.T) {
	tests := []struct{ name, file, path, about string }{
		{"no zone", `policy: [{environments: [a], change: {allow: [everyone], windows: {zone: Berlin, closed: [Sat]}}}]`, "policy[0].change.windows.zone", "is no time zone"},
		{"no day", `policy: [{environments: [a], change: {allow: [everyone], windows: {closed: [Sat, Caturday]}}}]`, "policy[0].change.windows.closed[1]", "has a day that no week has"},
		{"no hour", `policy: [{environments: [a], change: {allow: [everyone], windows: {closed: ["Sat 16:00-25:00"]}}}]`, "policy[0].change.windows.closed[0]", "has hours that no day has"},
		{"no date", `policy: [{environments: [a], change: {allow: [everyone], windows: {closed: ["2026-02-30"]}}}]`, "policy[0].change.windows.closed[0]", "is no date that there is"},
		{"neither", `policy: [{environments: [a], change: {allow: [everyone], windows: {closed: ["on Sat"]}}}]`, "policy[0].change.windows.closed[0]", "is neither days nor hours"},
		{"never open", `policy: [{environments: [a], change: {allow: [everyone], windows: {closed: [Sat-Thu, Fri 0:00-12:00, Fri 12:00-24:00]}}}]`, "policy[0].change.windows.closed", "leaves no time at all"},
		{"never closed", `policy: [{environments: [a], change: {allow: [everyone], windows: {}}}]`, "policy[0].change.windows.closed", "no time is closed"},
		{"questions have no hours", `policy: [{environments: [a], read: {allow: [everyone], windows: {closed: [Sat]}}}]`, "policy[0].read.windows", "questions are answered at any hour"},
		{"an old backup", `policy: [{environments: [a], change: {allow: [everyone], require_backup: -1h}}]`, "policy[0].change.require_backup", "is negative"},
		{"a backup for what", `policy: [{environments: [a], operate: {allow: [everyone], require_backup: 24h}}]`, "policy[0].operate.require_backup", "migrations alone"},
		{"a backup when", `policy: [{environments: [a], change: {allow: [everyone], backup: after}}]`, "policy[0].change.backup", "is not a word"},
		{"a backup before what", `policy: [{environments: [a], operate: {allow: [everyone], backup: before}}]`, "policy[0].operate.backup", "migrations alone"},
		{"two backups", `policy: [{environments: [a], change: {allow: [everyone], backup: before, require_backup: 24h}}]`, "policy[0].change.require_backup", "takes a fresh one each time"},
		{"severe is no more", `policy: [{environments: [a], change: {allow: [everyone], approve: {by: [everyone], count: 2, severe: 2}}}]`, "policy[0].change.approve.severe", "no more than count"},
		{"severe for what", `policy: [{environments: [a], operate: {allow: [everyone], approve: {by: [everyone], count: 1, severe: 2}}}]`, "policy[0].operate.approve.severe", "only migrations are checked"},
		{"severe for nobody", `{groups: {leads: {users: [U0A]}}, policy: [{environments: [a], change: {allow: [everyone], approve: {by: [leads], count: 1, severe: 2}}}]}`, "policy[0].change.approve.severe", "can never be reached"},
		{"unknown group", "policy: [{environments: [a], change: {allow: [everyone, enginers]}}]", "policy[0].change.allow[1]", `"enginers" is not a group`},
		{"empty allow", "policy: [{environments: [a], change: {allow: []}}]", "policy[0].change.allow", "nobody is allowed"},
		{"no allow", "policy: [{environments: [a], change: {}}]", "policy[0].change.allow", "nobody is allowed"},
		{"unknown risk", "policy: [{environments: [a], destory: {allow: [everyone]}}]", "policy[0].destory", "read, operate, change and destroy"},
		{"no environments", "policy: [{read: {allow: [everyone]}}]", "policy[0].environments", "no environment"},
		{"empty environment", `policy: [{environments: [a, ""], read: {allow: [everyone]}}]`, "policy[0].environments[1]", "empty"},
		{"after any", `policy: [{environments: ["*"]}, {environments: [a]}]`, "policy[1].environments[0]", "policy[0] comes first"},
		{"twice", `policy: [{environments: [a, b]}, {environments: [b]}]`, "policy[1].environments[0]", "policy[0] comes first"},
		{"no count", "policy: [{environments: [a], change: {allow: [everyone], approve: {by: [everyone]}}}]", "policy[0].change.approve.count", "at least 1"},
		{"nobody agrees", "policy: [{environments: [a], change: {allow: [everyone], approve: {count: 1}}}]", "policy[0].change.approve.by", "nobody is named"},
		{"unknown approvers", "policy: [{environments: [a], change: {allow: [everyone], approve: {by: [ledas], count: 1}}}]", "policy[0].change.approve.by[0]", `"ledas" is not`},
		{"too few to agree", "groups: {g: {users: [U0ONE]}, h: {users: [U0ONE]}}\npolicy: [{environments: [a], change: {allow: [g], approve: {by: [g, h], count: 2}}}]", "policy[0].change.approve.count", "only 1"},
		{"negative time", "policy: [{environments: [a], change: {allow: [everyone], approve: {by: [everyone], count: 1, within: -1s}}}]", "policy[0].change.approve.within", "negative"},
		{"questions need no consent", "policy: [{environments: [a], read: {allow: [everyone], approve: {by: [everyone], count: 1}}}]", "policy[0].read.approve", "at once"},
		{"everyone alone", "policy: [{environments: [a], change: {allow: [everyone], approve: {by: [everyone], count: 1, alone: true}}}]", "policy[0].change.approve.alone", "nobody ever has to agree"},
		{"everyone may break the glass", "policy: [{environments: [a], change: {allow: [everyone], approve: {by: [everyone], count: 2, break_glass: true}}}]", "policy[0].change.approve.break_glass", "approve what they ask for themselves"},
		{"glass for those who need nobody", "groups: {g: {users: [U0ONE]}}\npolicy: [{environments: [a], change: {allow: [g], approve: {by: [g], count: 1, alone: true, break_glass: true}}}]", "policy[0].change.approve.break_glass", "alone lets the same people"},
		{"an empty group", "groups: {g: {}}", "groups.g", "nobody is in"},
		{"a handle for an id", `groups: {g: {users: ["@ana"]}}`, "groups.g.users[0]", `"@ana" is not a Slack member id`},
		{"a handle for a user group", `groups: {g: {usergroups: ["@engineers"]}}`, "groups.g.usergroups[0]", "begins with S"},
		{"everyone redefined", "groups: {everyone: {users: [U0ONE]}}", "groups.everyone", "is taken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			faults := parse(t, tt.file).Validate()
			if len(faults) != 1 || faults[0].Path != tt.path || !strings.Contains(faults[0].String(), tt.about) || faults[0].Fix == "" {
				t.Errorf("faults %q\nwant one at %s about %q", faults, tt.path, tt.about)
			}
		})
	}
}

func TestValidateAcceptsTheExceptions(t *testing.T) {
	const groups = "groups: {leads: {users: [U0ONE, U0TWO, U0SIX]}}\n"
	for _, tt := range []struct {
		approve           string
		alone, breakGlass bool
	}{
		{"{by: [leads], count: 1}", false, false},
		{"{by: [leads], count: 1, alone: true}", true, false},
		{"{by: [leads], count: 1, break_glass: true}", false, true},
		{"{by: [leads], count: 2, alone: true, break_glass: true}", true, true},
		{"{by: [leads], count: 2, alone: false, break_glass: false}", false, false},
	} {
		p := parse(t, groups+"policy: [{environments: [a], change: {allow: [leads], approve: "+tt.approve+"}}]")
		if faults := p.Validate(); len(faults) > 0 {
			t.Errorf("%s: %v", tt.approve, faults)
		}
		if got := p.Entries[0].Rules["change"].Approve; got.Alone != tt.alone || got.BreakGlass != tt.breakGlass {
			t.Errorf("%s: %+v", tt.approve, got)
		}
	}
}

func TestValidateReportsAllAtOnce(t *testing.T) {
	p := parse(t, "groups: {g: {}}\npolicy: [{environments: [], change: {allow: [x], approve: {by: [], count: 0}}}]")
	want := []string{"groups.g", "policy[0].environments", "policy[0].change.allow[0]", "policy[0].change.approve.by", "policy[0].change.approve.count"}
	var got []string
	for _, fault := range p.Validate() {
		got = append(got, fault.Path)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("paths %v\nwant  %v", got, want)
	}
}

func TestAFaultReadsAsASentence(t *testing.T) {
	for _, tt := range []struct {
		fault policy.Fault
		want  string
	}{
		{policy.Fault{Path: "policy[0].change", Value: "x", Problem: "is no risk", Fix: "Remove it."}, `policy[0].change: "x" is no risk. Remove it.`},
		{policy.Fault{Path: "groups.g", Problem: "nobody is in this group", Fix: "Remove it."}, "groups.g: nobody is in this group. Remove it."},
	} {
		if got := tt.fault.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestAMalformedEntryIsAnError(t *testing.T) {
	for _, text := range []string{"policy: [{environments: {}}]", "policy: [{change: [leads]}]", "policy: [{change: {approve: {alone: perhaps}}}]"} {
		var file struct{ Policy []policy.Entry }
		if err := yaml.Load([]byte(text), &file, yaml.WithKnownFields()); err == nil {
			t.Errorf("%s: read as %+v", text, file)
		}
	}
}

// Where Slack user groups are among those who agree, the file alone does not tell how many people that is.
func TestValidateDoesNotGuessRosters(t *testing.T) {
	p := parse(t, "groups: {g: {users: [U0ONE], usergroups: [S0ONE]}}\npolicy: [{environments: [a], change: {allow: [g], approve: {by: [g], count: 5}}}]")
	if faults := p.Validate(); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
}
