package workspace

import (
	"slices"
	"strings"
)

// slackbot is a person in every workspace, and Slack says is_bot=false of it.
const slackbot = "USLACKBOT"

// roster is everybody, in the order of the seed.
type roster struct {
	byID  map[string]*Person
	order []*Person
}

func (r *roster) add(p Person) *Person {
	r.byID[p.ID] = &p
	r.order = append(r.order, &p)
	return &p
}

// populate fills the state from the configuration.
func (s *Server) populate() {
	s.people.add(Person{ID: slackbot, Name: "slackbot", RealName: "Slackbot", Kind: Member, TeamID: s.cfg.Team.ID, TZ: "UTC"})
	for _, p := range s.cfg.People {
		fill(&p.Kind, Member)
		fill(&p.TeamID, s.cfg.Team.ID)
		fill(&p.TZ, "Europe/London")
		fill(&p.RealName, p.Name)
		s.people.add(p)
	}
	for _, g := range s.cfg.Usergroups {
		g.Users = slices.Clone(g.Users)
		s.groups = append(s.groups, &g)
	}
	for _, c := range s.cfg.Channels {
		c.Members, c.SharedWith = slices.Clone(c.Members), slices.Clone(c.SharedWith)
		fill(&c.Kind, Public)
		s.channels.add(&channel{Channel: c, created: s.now()})
	}
	for i, a := range s.cfg.Apps {
		s.install(a, i == 0)
	}
}

// install adds an app, its bot, and the direct messages between the bot and everybody of this team.
func (s *Server) install(cfg App, first bool) {
	fill(&cfg.BotID, "B"+strings.TrimPrefix(cfg.ID, "A"))
	if s.people.byID[cfg.BotUser] == nil {
		s.people.add(Person{ID: cfg.BotUser, Name: strings.ToLower(cfg.Name), RealName: cfg.Name, Kind: Bot, TeamID: s.cfg.Team.ID, TZ: "UTC"})
	}
	a := &app{App: cfg, scopes: slices.Clone(cfg.Scopes)}
	s.apps = append(s.apps, a)
	s.secrets[cfg.BotToken], s.secrets[cfg.AppToken] = true, true
	for _, p := range s.people.order {
		if p.Kind == Bot || p.Kind == External || p.ID == slackbot {
			continue
		}
		id := "D" + strings.TrimLeft(p.ID, "UW")
		if !first {
			id += strings.TrimLeft(cfg.BotUser, "UW")
		}
		s.channels.add(&channel{Channel: Channel{ID: id, Kind: Direct, User: p.ID, Members: []string{p.ID, cfg.BotUser}}, created: s.now()})
	}
}

// person finds a person who can act: known and not deleted.
func (s *Server) person(id string) (*Person, error) {
	p := s.people.byID[id]
	switch {
	case p == nil:
		return nil, fail("user_not_found")
	case p.Kind == Deleted:
		return nil, fail("account_inactive")
	}
	return p, nil
}
