package workspace

import "time"

// userOf is a person as an app sees them.
func (s *Server) userOf(a *app, p *Person) fields {
	profile := fields{
		"real_name": p.RealName, "real_name_normalized": p.RealName, "display_name": p.Name, "display_name_normalized": p.Name,
		"title": p.Title, "phone": "", "skype": "", "status_text": "", "status_emoji": "", "avatar_hash": "", "team": p.TeamID,
	}
	if p.Email != "" && a.granted("users:read.email") && p.Kind != External {
		profile["email"] = p.Email
	}
	out := fields{
		"id": p.ID, "team_id": p.TeamID, "name": p.Name, "deleted": p.Kind == Deleted, "real_name": p.RealName, "profile": profile,
		"is_bot": p.Kind == Bot, "is_app_user": false, "updated": 0,
	}
	if p.Kind == Deleted { // Slack says little about people who have left
		return out
	}
	zone, offset := zoneOf(p.TZ, s.now())
	for name, value := range (fields{
		"color": "9f69e7", "tz": p.TZ, "tz_label": zone, "tz_offset": offset, "is_admin": p.Admin, "is_owner": false, "is_primary_owner": false,
		"is_restricted": p.Kind == Guest || p.Kind == SingleChannelGuest, "is_ultra_restricted": p.Kind == SingleChannelGuest,
		"is_email_confirmed": true, "who_can_share_contact_card": "EVERYONE",
	}) {
		out[name] = value
	}
	if p.Kind == External {
		out["is_stranger"] = !s.meets(a, p)
	}
	if p.Kind == Bot {
		for _, other := range s.apps {
			if other.BotUser == p.ID {
				profile["bot_id"], profile["api_app_id"] = other.BotID, other.ID
			}
		}
	}
	return out
}

// meets reports whether an external person shares a channel with the app's bot. Of others Slack says is_stranger.
func (s *Server) meets(a *app, p *Person) bool {
	for _, c := range s.channels.order {
		if c.has(p.ID) && c.has(a.BotUser) {
			return true
		}
	}
	return false
}

// zoneOf gives a zone's short name and its offset in seconds at a moment; offset 0 for a zone that is not known.
func zoneOf(name string, at time.Time) (label string, offset int) {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return name, 0
	}
	return at.In(zone).Zone()
}

// usersInfo answers for everybody whose id an app may have met: deactivated, external and bot people too.
func usersInfo(s *Server, r *request) (fields, error) {
	p := s.people.byID[r.text("user")]
	if p == nil {
		return nil, fail("user_not_found")
	}
	return fields{"user": s.userOf(r.app, p)}, nil
}

// usersList lists the workspace's own people. External people are met in shared channels and not listed.
func usersList(s *Server, r *request) (fields, error) {
	out := []fields{}
	for _, p := range s.people.order {
		if p.Kind != External {
			out = append(out, s.userOf(r.app, p))
		}
	}
	answer, err := paged(r, "members", out)
	if err == nil {
		answer["cache_ts"] = s.now().Unix()
	}
	return answer, err
}

// usersLookupByEmail finds active people of the workspace only; Slack says users_not_found (plural) of all others.
func usersLookupByEmail(s *Server, r *request) (fields, error) {
	for _, p := range s.people.order {
		if p.Email != "" && p.Email == r.text("email") && p.Kind != Deleted && p.Kind != External {
			return fields{"user": s.userOf(r.app, p)}, nil
		}
	}
	return nil, fail("users_not_found")
}

// botsInfo describes an installed app's bot; without an id the caller's own.
func botsInfo(s *Server, r *request) (fields, error) {
	for _, a := range s.apps {
		if id := r.text("bot"); id == a.BotID || id == "" && a == r.app {
			return fields{"bot": fields{
				"id": a.BotID, "app_id": a.ID, "name": a.Name, "user_id": a.BotUser, "deleted": false,
				"updated": 0, "icons": fields{},
			}}, nil
		}
	}
	return nil, fail("bot_not_found")
}

func (s *Server) usergroup(id string) *Usergroup {
	for _, g := range s.groups {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// usergroupsList is refused on free plans, which have no user groups.
func usergroupsList(s *Server, r *request) (fields, error) {
	if s.cfg.FreePlan {
		return nil, fail("plan_upgrade_required")
	}
	out := []fields{}
	for _, g := range s.groups {
		group := fields{
			"id": g.ID, "team_id": s.cfg.Team.ID, "is_usergroup": true, "is_subteam": true, "name": g.Name, "handle": g.Handle,
			"description": "", "is_external": false, "date_create": 0, "date_update": 0, "date_delete": 0, "auto_type": nil,
			"prefs": fields{"channels": []string{}, "groups": []string{}},
		}
		if r.yes("include_users") {
			group["users"] = s.activeIn(g)
		}
		if r.yes("include_count") {
			group["user_count"] = len(s.activeIn(g))
		}
		out = append(out, group)
	}
	return fields{"usergroups": out}, nil
}

// usergroupsUsersList gives the active members of one group.
func usergroupsUsersList(s *Server, r *request) (fields, error) {
	if s.cfg.FreePlan {
		return nil, fail("plan_upgrade_required")
	}
	g := s.usergroup(r.text("usergroup"))
	if g == nil {
		return nil, fail("no_such_subteam")
	}
	return fields{"users": s.activeIn(g)}, nil
}

// activeIn lists a group's members. Slack takes people who leave out of their groups.
func (s *Server) activeIn(g *Usergroup) []string {
	out := []string{}
	for _, id := range g.Users {
		if p := s.people.byID[id]; p != nil && p.Kind != Deleted {
			out = append(out, id)
		}
	}
	return out
}

// teamInfo needs team:read, unlike auth.test, which says the team as well.
func teamInfo(s *Server, r *request) (fields, error) {
	return fields{"team": fields{
		"id": s.cfg.Team.ID, "name": s.cfg.Team.Name, "domain": s.cfg.Team.Domain,
		"url": "https://" + s.cfg.Team.Domain + ".slack.com/", "email_domain": "", "icon": fields{"image_default": true},
	}}, nil
}
