package workspace

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// identifier is what Slack's ids look like: a letter for the kind, then capitals and digits.
var identifier = regexp.MustCompile(`^[A-Z][A-Z0-9]+$`)

// channelName is what Slack allows: lower case, digits, dashes and underscores, at most 80.
var channelName = regexp.MustCompile(`^[\p{Ll}\p{Lo}0-9_-]{1,80}$`)

// checkSeed finds everything that decoding cannot: ids that mean nothing, and people where they cannot be.
func (d *yamlFile) checkSeed(in *seedFile) {
	seen := map[string]string{}
	teams := map[string]bool{in.Team.ID: true}
	d.id(seen, "team.id", in.Team.ID, "T")
	d.want("team.name", in.Team.Name)
	for i, t := range in.Teams {
		d.id(seen, fmt.Sprintf("teams[%d].id", i), t.ID, "T")
		teams[t.ID] = true
	}
	d.id(seen, "app.id", in.App.ID, "A")
	d.id(seen, "app.bot_user", in.App.BotUser, "U", "W")
	d.token("app.bot_token", in.App.BotToken, "xoxb-")
	d.token("app.app_token", in.App.AppToken, "xapp-")
	kinds := d.checkPeople(in, seen, teams)
	for i, g := range in.Usergroups {
		at := fmt.Sprintf("usergroups[%d]", i)
		d.id(seen, at+".id", g.ID, "S")
		d.want(at+".handle", g.Handle)
		for k, user := range g.Users {
			d.known(kinds, fmt.Sprintf("%s.users[%d]", at, k), user)
		}
	}
	d.checkChannels(in, seen, teams, kinds)
}

// checkPeople gives the kind of everybody who may be a member somewhere.
func (d *yamlFile) checkPeople(in *seedFile, seen map[string]string, teams map[string]bool) map[string]Kind {
	kinds := map[string]Kind{in.App.BotUser: Bot}
	names := map[string]bool{}
	for i, p := range in.People {
		at := fmt.Sprintf("people[%d]", i)
		d.id(seen, at+".id", p.ID, "U", "W")
		d.want(at+".name", p.Name)
		if names[p.Name] {
			d.fault(at+".name", "Give each person another name.", "%q stands twice", p.Name)
		}
		names[p.Name] = true
		d.oneOf(at+".kind", string(p.Kind), string(Member), string(Guest), string(SingleChannelGuest), string(Deleted), string(Bot), string(External))
		if _, err := time.LoadLocation(p.TZ); err != nil {
			d.fault(at+".tz", "Use a name such as Europe/London.", "%q is not a time zone", p.TZ)
		}
		switch {
		case p.Team != "" && !teams[p.Team]:
			d.fault(at+".team", "Add the team under teams.", "%q is not a known team", p.Team)
		case p.Kind == External && (p.Team == "" || p.Team == in.Team.ID):
			d.fault(at+".team", "Name the other organisation's team.", "is needed for an external person")
		case p.Kind != External && p.Team != "" && p.Team != in.Team.ID:
			d.fault(at+".kind", "Write kind: external.", "must be external for a person of another team")
		}
		kinds[p.ID] = p.Kind
	}
	return kinds
}

func (d *yamlFile) checkChannels(in *seedFile, seen map[string]string, teams map[string]bool, kinds map[string]Kind) {
	names, single := map[string]bool{}, map[string]bool{}
	for i, c := range in.Channels {
		at := fmt.Sprintf("channels[%d]", i)
		d.id(seen, at+".id", c.ID, "C", "G")
		d.oneOf(at+".kind", string(c.Kind), string(Public), string(Private))
		if !channelName.MatchString(c.Name) {
			d.fault(at+".name", "Use lower case, digits, - and _, at most 80, without the #.", "%q is not a channel name", c.Name)
		}
		if names[c.Name] {
			d.fault(at+".name", "Give each channel another name.", "%q stands twice", c.Name)
		}
		names[c.Name] = true
		for k, team := range c.SharedWith {
			if !teams[team] || team == in.Team.ID {
				d.fault(fmt.Sprintf("%s.shared_with[%d]", at, k), "Add the team under teams.", "%q is not another team", team)
			}
		}
		for k, user := range c.Members {
			place := fmt.Sprintf("%s.members[%d]", at, k)
			if !d.known(kinds, place, user) {
				continue
			}
			if kinds[user] == External && len(c.SharedWith) == 0 {
				d.fault(place, "Add shared_with with the person's team.", "%q is external, and the channel is not shared", user)
			}
			if kinds[user] == SingleChannelGuest && single[user] {
				d.fault(place, "Keep the one channel, or write kind: guest.", "%q is a single-channel guest and is in another channel already", user)
			}
			single[user] = true
		}
	}
}

func (d *yamlFile) id(seen map[string]string, path, id string, prefixes ...string) {
	if !identifier.MatchString(id) || !slices.Contains(prefixes, id[:1]) {
		d.fault(path, fmt.Sprintf("Write %s and capitals or digits, such as %s0ABC.", prefixes[0], prefixes[0]), "%q is not an id", id)
		return
	}
	if before, taken := seen[id]; taken {
		d.fault(path, "Give each its own id.", "%q is taken by %s", id, before)
	}
	seen[id] = path
}

func (d *yamlFile) want(path, value string) {
	if value == "" {
		d.fault(path, "Fill it in.", "is missing")
	}
}

func (d *yamlFile) token(path, token, prefix string) {
	if len(token) <= len(prefix) || token[:len(prefix)] != prefix {
		d.fault(path, "Write "+prefix+" and any text; it opens this workspace only.", "must begin with %s", prefix)
	}
}

func (d *yamlFile) oneOf(path, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		d.fault(path, fmt.Sprintf("Use one of %v.", allowed), "%q is not known", value)
	}
}

func (d *yamlFile) known(kinds map[string]Kind, path, user string) bool {
	_, ok := kinds[user]
	if !ok {
		d.fault(path, "Add the person under people, or correct the id.", "%q is nobody here", user)
	}
	return ok
}
