package blockkit

import (
	"net"
	"net/url"
	"strings"

	"dbbot/commands"
)

// safeLink says whether an address may become a link: it is Slack's own over https, or the local workspace's on this
// very machine, and it has nothing in it that means something in mark-up. The address comes from Slack; this is the last
// look at it.
func safeLink(address string) bool {
	if len(address) > maxLinkURL || strings.ContainsFunc(address, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>|\"'`\\^{}", r)
	}) {
		return false
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return false
	}
	switch u.Scheme {
	case "https":
		return true
	case "http":
		ip := net.ParseIP(u.Hostname())
		return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	}
	return false
}

// isLink says whether a span is drawn as one: else its characters are shown.
func isLink(s commands.Span) bool {
	return s.Kind == commands.Link && strings.TrimSpace(s.Text) != "" && safeLink(s.URL)
}
