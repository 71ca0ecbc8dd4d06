package workspace

import (
	"slices"
	"strings"
	"time"
)

// directory is every conversation, in the order of the seed.
type directory struct {
	byID  map[string]*channel
	order []*channel
}

func (d *directory) add(c *channel) {
	d.byID[c.ID] = c
	d.order = append(d.order, c)
}

// channel is a conversation and what was said in it, oldest first.
type channel struct {
	Channel
	created  time.Time
	messages []*Message
}

func (c *channel) has(user string) bool { return slices.Contains(c.Members, user) }

func (c *channel) shared() bool { return len(c.SharedWith) > 0 }

// visibleTo reports whether a person may read the channel: members always, and full members also what is public.
func (c *channel) visibleTo(p *Person) bool {
	if p == nil || p.Kind == Deleted {
		return false
	}
	return c.has(p.ID) || c.Kind == Public && (p.Kind == Member || p.Kind == Bot)
}

// channelFor finds a channel that a person may read.
func (s *Server) channelFor(p *Person, id string) (*channel, error) {
	c := s.channels.byID[id]
	if c == nil || !c.visibleTo(p) {
		return nil, fail("channel_not_found")
	}
	return c, nil
}

// direct finds the direct message between an app's bot and a person; nil where there is none.
func (s *Server) direct(a *app, user string) *channel {
	for _, c := range s.channels.order {
		if c.Kind == Direct && c.User == user && c.has(a.BotUser) {
			return c
		}
	}
	return nil
}

// named finds a channel by its name, with or without the #.
func (d *directory) named(name string) *channel {
	name = strings.TrimPrefix(name, "#")
	for _, c := range d.order {
		if c.Name == name && c.Kind != Direct {
			return c
		}
	}
	return nil
}
