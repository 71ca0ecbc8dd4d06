package workspace

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// channelScopes are the scopes that reading a conversation needs, by its kind: of what it is, and of what was said.
var channelScopes = map[ChannelKind]struct{ read, history string }{
	Public:  {"channels:read", "channels:history"},
	Private: {"groups:read", "groups:history"},
	Direct:  {"im:read", "im:history"},
}

// readable finds a conversation that the bot may know of, and asks for the scope of its kind.
func (s *Server) readable(r *request) (*channel, error) {
	c := s.channels.byID[r.text("channel")]
	if c == nil || c.Kind != Public && !c.has(r.app.BotUser) {
		return nil, fail("channel_not_found")
	}
	return c, r.need(channelScopes[c.Kind].read)
}

// conversationsInfo answers for public channels and for those the bot is in; of others Slack does not even say that
// they are there.
func conversationsInfo(s *Server, r *request) (fields, error) {
	c, err := s.readable(r)
	if err != nil {
		return nil, err
	}
	out := c.wire(s, r.app)
	if r.yes("include_num_members") {
		out["num_members"] = len(c.Members)
	}
	return fields{"channel": out}, nil
}

// wire is a conversation as Slack writes it for an app.
func (c *channel) wire(s *Server, a *app) fields {
	out := fields{
		"id": c.ID, "created": c.created.Unix(), "is_archived": c.Archived, "is_org_shared": false, "is_im": c.Kind == Direct,
		"context_team_id": s.cfg.Team.ID, "updated": c.created.UnixMilli(),
	}
	if c.Kind == Direct {
		out["user"], out["is_open"] = c.User, true
		return out
	}
	teams := append([]string{s.cfg.Team.ID}, c.SharedWith...)
	for name, value := range (fields{
		"name": c.Name, "name_normalized": c.Name, "is_channel": c.Kind == Public, "is_group": false, "is_mpim": false,
		"is_private": c.Kind == Private, "is_general": c.Name == "general", "is_shared": c.shared(), "is_ext_shared": c.shared(),
		"is_pending_ext_shared": false, "pending_shared": []string{}, "is_member": c.has(a.BotUser), "creator": slackbot, "unlinked": 0,
		"topic":   fields{"value": c.Topic, "creator": "", "last_set": 0},
		"purpose": fields{"value": c.Purpose, "creator": "", "last_set": 0}, "previous_names": []string{}, "shared_team_ids": teams,
	}) {
		out[name] = value
	}
	if c.shared() {
		out["connected_team_ids"], out["conversation_host_id"] = c.SharedWith, s.cfg.Team.ID
	}
	return out
}

// kinds reads the `types` argument.
func (r *request) kinds() ([]ChannelKind, error) {
	names := r.list("types")
	if len(names) == 0 {
		names = []string{"public_channel"}
	}
	var out []ChannelKind
	for _, name := range names {
		kind, known := map[string]ChannelKind{"public_channel": Public, "private_channel": Private, "im": Direct, "mpim": ""}[name]
		if !known {
			return nil, fail("invalid_types")
		}
		if kind == "" {
			if err := r.need("mpim:read"); err != nil {
				return nil, err
			}
			continue
		}
		if err := r.need(channelScopes[kind].read); err != nil {
			return nil, err
		}
		out = append(out, kind)
	}
	return out, nil
}

// conversationsList gives what the bot may know of: all public channels, and of the others those it is in.
func conversationsList(s *Server, r *request) (fields, error) {
	return s.listChannels(r, "channels", func(c *channel) bool { return c.Kind == Public || c.has(r.app.BotUser) })
}

// usersConversations gives the channels of one person, as far as the bot may know of them.
func usersConversations(s *Server, r *request) (fields, error) {
	user := r.text("user")
	fill(&user, r.app.BotUser)
	if s.people.byID[user] == nil {
		return nil, fail("user_not_found")
	}
	return s.listChannels(r, "channels", func(c *channel) bool {
		return c.has(user) && (c.Kind == Public || c.has(r.app.BotUser))
	})
}

func (s *Server) listChannels(r *request, name string, wanted func(*channel) bool) (fields, error) {
	kinds, err := r.kinds()
	if err != nil {
		return nil, err
	}
	out := []fields{}
	for _, c := range s.channels.order {
		if slices.Contains(kinds, c.Kind) && wanted(c) && !(c.Archived && r.yes("exclude_archived")) {
			out = append(out, c.wire(s, r.app))
		}
	}
	return paged(r, name, out)
}

// conversationsMembers needs no membership in public channels.
func conversationsMembers(s *Server, r *request) (fields, error) {
	c, err := s.readable(r)
	if err != nil {
		return nil, err
	}
	return paged(r, "members", c.Members)
}

// conversationsOpen finds the direct message with one person. All of them exist from the start.
func conversationsOpen(s *Server, r *request) (fields, error) {
	if id := r.text("channel"); id != "" {
		c := s.channels.byID[id]
		if c == nil || c.Kind != Direct || !c.has(r.app.BotUser) {
			return nil, fail("channel_not_found")
		}
		return fields{"channel": fields{"id": c.ID}, "no_op": true, "already_open": true}, nil
	}
	users := r.list("users")
	switch {
	case len(users) == 0:
		return nil, fail("users_list_not_supplied")
	case len(users) > 1:
		return nil, fail("not_supported_by_this_workspace") // group direct messages: a known gap
	}
	p := s.people.byID[users[0]]
	if p == nil {
		return nil, fail("user_not_found")
	}
	c := s.direct(r.app, p.ID)
	if p.Kind == Deleted || c == nil {
		return nil, fail("user_disabled")
	}
	out := fields{"channel": fields{"id": c.ID}}
	if r.yes("return_im") {
		out["channel"] = c.wire(s, r.app)
	}
	return out, nil
}

// conversationsJoin lets the bot into a public channel by itself; into a private one it must be invited.
func conversationsJoin(s *Server, r *request) (fields, error) {
	c := s.channels.byID[r.text("channel")]
	switch {
	case c == nil || c.Kind == Private && !c.has(r.app.BotUser):
		return nil, fail("channel_not_found")
	case c.Kind != Public:
		return nil, fail("method_not_supported_for_channel_type")
	case c.Archived:
		return nil, fail("is_archived")
	}
	out := fields{}
	if c.has(r.app.BotUser) {
		out["warning"] = "already_in_channel"
	} else {
		s.setMember(c, r.bot(s), true)
	}
	out["channel"] = c.wire(s, r.app)
	return out, nil
}

// setMember changes who is in a channel, and tells the pages and the apps. Callers hold mu.
func (s *Server) setMember(c *channel, p *Person, member bool) {
	event := "member_left_channel"
	if member {
		event = "member_joined_channel"
		c.Members = append(c.Members, p.ID)
	} else {
		c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(id string) bool { return id == p.ID })
	}
	s.channelChanged(c)
	for _, a := range s.apps {
		if c.has(a.BotUser) {
			s.emit(a, c, event, fields{
				"type": event, "user": p.ID, "channel": c.ID, "channel_type": strings.ToUpper(c.ID[:1]),
				"team": s.cfg.Team.ID, "event_ts": s.ts(),
			})
		}
	}
}

// channelChanged tells every page: those that could see it before must learn that they no longer can.
func (s *Server) channelChanged(c *channel) {
	for p := range s.hub.pages {
		card := c.card(p.person)
		card["visible"] = c.visibleTo(p.person)
		if !c.visibleTo(p.person) {
			card = fields{"id": c.ID, "visible": false}
		}
		s.hub.publish("channel", audience{user: p.person.ID}, func() any { return fields{"channel": card} })
	}
}

// paged gives one page of a list, and the cursor of the next.
func paged[T any](r *request, name string, list []T) (fields, error) {
	limit, err := r.number("limit", 100, 1000)
	if err != nil {
		return nil, err
	}
	from := 0
	if cursor := r.text("cursor"); cursor != "" {
		raw, _ := base64.StdEncoding.DecodeString(cursor) // what is not a cursor is no number either
		if from, err = strconv.Atoi(strings.TrimPrefix(string(raw), "at:")); err != nil || from < 0 || from > len(list) {
			return nil, fail("invalid_cursor")
		}
	}
	to := min(from+limit, len(list))
	next := ""
	if to < len(list) {
		next = base64.StdEncoding.EncodeToString([]byte("at:" + strconv.Itoa(to)))
	}
	page := list[from:to]
	if page == nil {
		page = []T{}
	}
	return fields{name: page, "response_metadata": fields{"next_cursor": next}}, nil
}
