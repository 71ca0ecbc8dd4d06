package workspace

import (
	"math/rand/v2"
	"slices"
)

// app is an installed app: its manifest, what it may do now, and its open sockets.
type app struct {
	App
	scopes       []string
	revoked      map[string]bool // tokens that were taken back
	linkDisabled bool
	base         string // scheme and host by which the app reached us
	sockets      []*socket
	favourite    *socket // a test chose it for the next deliveries
}

func (a *app) granted(scope string) bool { return slices.Contains(a.scopes, scope) }

// pick chooses the socket for an envelope: any open one, as Slack does; nil where none is open.
func (a *app) pick() *socket {
	if k := a.favourite; k != nil && k.open {
		return k
	}
	open := 0
	var chosen *socket
	for _, k := range a.sockets { // at most Limits.Sockets
		if !k.open {
			continue
		}
		if open++; rand.IntN(open) == 0 {
			chosen = k
		}
	}
	return chosen
}

// appOfCommand finds whose slash command it is: the app installed last wins. Without the scope commands an app has none.
func (s *Server) appOfCommand(name string) (*app, *Command) {
	for _, a := range slices.Backward(s.apps) {
		if !a.granted("commands") {
			continue
		}
		for i := range a.Commands {
			if a.Commands[i].Command == name {
				return a, &a.Commands[i]
			}
		}
	}
	return nil, nil
}

func (s *Server) appByID(id string) *app {
	for _, a := range s.apps {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// appOr finds an app; an empty id means the first one.
func (s *Server) appOr(id string) (*app, error) {
	a := s.appByID(id)
	if id == "" && len(s.apps) > 0 {
		a = s.apps[0]
	}
	if a == nil {
		return nil, fail("app_not_found")
	}
	return a, nil
}
