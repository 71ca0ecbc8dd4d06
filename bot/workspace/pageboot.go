package workspace

// historyPage is how many messages the page reads at once.
const historyPage = 200

// pageBoot is what a page needs to begin: the workspace as one person sees it.
func (s *Server) pageBoot(in *pageCall) (fields, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := fields{"team": fields{"id": s.cfg.Team.ID, "name": s.cfg.Team.Name}, "me": in.person.ID}
	people, channels, groups, commands := []fields{}, []fields{}, []fields{}, []fields{}
	for _, p := range s.people.order {
		people = append(people, fields{
			"id": p.ID, "name": p.Name, "real_name": p.RealName, "title": p.Title, "kind": p.Kind,
			"team_id": p.TeamID, "tz": p.TZ,
		})
	}
	for _, c := range s.channels.order {
		if c.visibleTo(in.person) {
			channels = append(channels, c.card(in.person))
		}
	}
	for _, g := range s.groups {
		groups = append(groups, fields{"id": g.ID, "handle": g.Handle, "name": g.Name, "users": g.Users})
	}
	for _, a := range s.apps {
		for _, c := range a.Commands {
			commands = append(commands, fields{
				"command": c.Command, "description": c.Description, "usage_hint": c.UsageHint,
				"should_escape": c.ShouldEscape, "app_id": a.ID,
			})
		}
	}
	out["people"], out["channels"], out["usergroups"], out["commands"] = people, channels, groups, commands
	apps := []fields{}
	for _, a := range s.apps {
		apps = append(apps, fields{
			"id": a.ID, "name": a.Name, "bot_user": a.BotUser, "sockets": len(a.sockets),
			"home_tab": a.HomeTab, "messages_tab": a.MessagesTab,
			"messages_tab_read_only": a.MessagesTabReadOnly,
		})
	}
	if len(apps) > 0 {
		out["app"] = apps[0]
	}
	out["apps"] = apps
	return out, nil
}

// card is a channel as the page shows it.
func (c *channel) card(p *Person) fields {
	out := fields{
		"id": c.ID, "name": c.Name, "kind": c.Kind, "topic": c.Topic, "members": c.Members,
		"is_ext_shared": c.shared(), "is_archived": c.Archived,
	}
	if c.Kind == Direct {
		other := c.User
		if other == p.ID {
			other = c.other(p.ID)
		}
		out["im_user"] = other
	}
	return out
}

func (c *channel) other(user string) string {
	for _, member := range c.Members {
		if member != user {
			return member
		}
	}
	return user
}

// pageHistory is the newest messages of a channel or thread, oldest first, with the person's ephemeral ones.
func (s *Server) pageHistory(in *pageCall) (fields, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channelFor(in.person, in.Channel)
	if err != nil {
		return nil, err
	}
	return fields{"messages": c.newest(in.person.ID, in.Thread, historyPage)}, nil
}

// newest are the messages that a person sees in a channel, or in one of its threads. Slack shows an ephemeral message
// with a thread_ts in its thread only. Callers hold mu; the result is a copy.
func (c *channel) newest(user, thread string, most int) []Message {
	out := []Message{}
	for i := len(c.messages) - 1; i >= 0 && len(out) < most; i-- {
		m := c.messages[i]
		in := !m.reply()
		if thread != "" {
			in = m.TS == thread || m.ThreadTS == thread
		}
		if in && m.shown(user) {
			out = append(out, *m)
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}
