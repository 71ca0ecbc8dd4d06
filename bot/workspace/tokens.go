package workspace

import (
	"net/http"
	"slices"
	"strings"
)

// tokenOf reads the token where Slack reads it: the header, or a form field. JSON bodies cannot carry it.
func tokenOf(r *http.Request, in *arguments) string {
	if kind, token, found := strings.Cut(r.Header.Get("Authorization"), " "); found && strings.EqualFold(kind, "Bearer") {
		return strings.TrimSpace(token)
	}
	return in.form.Get("token")
}

// authenticate finds the app of the call's token, and refuses tokens of the wrong kind. Callers hold mu.
func (s *Server) authenticate(r *request, kind tokenKind) error {
	if r.token == "" {
		return fail("not_authed")
	}
	for _, a := range s.apps {
		if r.token != a.BotToken && r.token != a.AppToken {
			continue
		}
		if a.revoked[r.token] {
			return fail("token_revoked")
		}
		right := kind == eitherToken || kind == botToken && r.token == a.BotToken || kind == appToken && r.token == a.AppToken
		if !right {
			return fail("not_allowed_token_type")
		}
		r.app = a
		return nil
	}
	return fail("invalid_auth")
}

// scopesOf lists what the call's token may do.
func (s *Server) scopesOf(r *request) string {
	if r.token == r.app.AppToken {
		return "connections:write"
	}
	return strings.Join(r.app.scopes, ",")
}

// mask takes all tokens out of a text for the logs. Callers hold mu.
func (s *Server) mask(text string) string {
	if !strings.Contains(text, "xoxb") && !strings.Contains(text, "xapp") {
		return text
	}
	for token := range s.secrets {
		kind, _, _ := strings.Cut(token, "-")
		text = strings.ReplaceAll(text, token, kind+"-…")
	}
	return text
}

// setScope grants or takes a scope. Callers hold mu.
func (a *app) setScope(scope string, granted bool) {
	a.scopes = slices.DeleteFunc(slices.Clone(a.scopes), func(have string) bool { return have == scope })
	if granted {
		a.scopes = append(a.scopes, scope)
	}
}
