package workspace

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Coverage tells people what of Slack is here and what is not: methods, events, blocks, behaviour and gaps. What can
// be derived from the tables that do the work is derived; the rest is held to the tests by coverage_test.go.
func Coverage() string {
	var b strings.Builder
	b.WriteString("What the local workspace does of Slack, and what it does not. GET /control/ tells how tests inject faults.\n")
	heading(&b, "Web API methods", "token, scopes, tier; reading a conversation also needs channels:, groups: or im: with read or history")
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		m := methods[name]
		line(&b, fmt.Sprintf("%-30s %-7s", name, m.token), strings.Join(m.needs(), ", "))
	}
	heading(&b, "Events", "with the scope each needs")
	for _, name := range slices.Sorted(maps.Keys(eventScopes)) {
		line(&b, name, eventScopes[name])
	}
	heading(&b, "Blocks", "checked for structure and limits; where")
	for _, name := range slices.Sorted(maps.Keys(blockShapes)) {
		line(&b, name, blockShapes[name].where())
	}
	heading(&b, "Elements", "")
	b.WriteString("  " + wrap(slices.Sorted(maps.Keys(elementShapes))) + "\n")
	heading(&b, "Rich text", "")
	b.WriteString("  " + wrap(slices.Sorted(maps.Keys(inlineShapes))) + "\n")
	for _, area := range features {
		heading(&b, area.name, "")
		for _, f := range area.features {
			b.WriteString("  " + f.what + "\n")
		}
	}
	heading(&b, "Gaps", "what Slack has and this workspace has not")
	b.WriteString("  Methods: " + wrap(absentMethods) + "\n")
	for _, gap := range gaps {
		b.WriteString("  " + gap + "\n")
	}
	return b.String()
}

// Methods gives every Web API method with the scopes that each call of it needs. Reading a conversation needs one more
// by its kind, which Slack checks when it knows the channel.
func Methods() map[string][]string {
	out := make(map[string][]string, len(methods))
	for name, m := range methods {
		out[name] = slices.Clone(m.scopes)
	}
	return out
}

func heading(b *strings.Builder, name, what string) {
	if what != "" {
		what = " (" + what + ")"
	}
	fmt.Fprintf(b, "\n%s%s\n", name, what)
}

func line(b *strings.Builder, name, what string) {
	b.WriteString(strings.TrimRight(fmt.Sprintf("  %-38s %s", name, what), " ") + "\n")
}

// needs is what a call of the method takes, for people.
func (m method) needs() []string {
	needs := slices.Clone(m.scopes)
	if m.tier > 0 {
		needs = append(needs, fmt.Sprintf("tier %d", m.tier))
	}
	return needs
}

func (k tokenKind) String() string {
	return map[tokenKind]string{anyone: "none", botToken: "bot", appToken: "app", eitherToken: "either"}[k]
}

func (b blockRules) where() string {
	if len(b.on) == 0 {
		return "everywhere"
	}
	places := make([]string, len(b.on))
	for i, s := range b.on {
		places[i] = string(s)
	}
	return strings.Join(places, ", ") + " only"
}

// wrap writes words in lines of at most 110 characters.
func wrap(words []string) string {
	lines, last := []string{}, ""
	for _, w := range words {
		if len(last)+len(w) > 108 {
			lines, last = append(lines, last), ""
		}
		last = strings.TrimPrefix(last+" "+w, " ")
	}
	return strings.Join(append(lines, last), "\n  ")
}

// area is a part of Slack's behaviour; each feature names the tests that prove it.
type area struct {
	name     string
	features []feature
}

type feature struct {
	what   string
	proofs []string
}
