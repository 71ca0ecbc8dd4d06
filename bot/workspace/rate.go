package workspace

import (
	"time"
)

// rateKey is one allowance: a method of an app, or an app's messages to one channel.
type rateKey struct{ app, what string }

// take takes one from an allowance of `rate` a second with room for `burst` at once, or says how long to wait and
// takes nothing. It is the generic cell rate algorithm: one time per allowance. Callers hold mu.
func (s *Server) take(key rateKey, rate float64, burst int) time.Duration {
	if rate < 0 {
		return 0
	}
	now := s.now()
	each := time.Duration(float64(time.Second) / rate)
	full := s.rates[key]
	if full.Before(now) {
		full = now
	}
	if wait := full.Sub(now) - time.Duration(burst-1)*each; wait > 0 {
		return wait
	}
	s.rates[key] = full.Add(each)
	return 0
}

// takeTier takes one call of a method from its tier's allowance. Callers hold mu.
func (s *Server) takeTier(a *app, method string, tier int) time.Duration {
	if tier == 0 {
		return 0
	}
	perMinute := s.cfg.Limits.TiersPerMin[tier]
	burst := s.cfg.Limits.TierBurst
	if burst == 0 {
		burst = max(1, int(perMinute))
	}
	return s.take(rateKey{a.ID, method}, perMinute/60, burst)
}

// takeMessage takes one message to a channel: one a second there, and several hundred a minute in the workspace.
func (s *Server) takeMessage(a *app, channel string) time.Duration {
	limits := s.cfg.Limits
	if wait := s.take(rateKey{a.ID, "channel " + channel}, limits.MessagesPerSecond, limits.MessageBurst); wait > 0 {
		return wait
	}
	return s.take(rateKey{a.ID, "workspace"}, limits.WorkspacePerMin/60, max(1, int(limits.WorkspacePerMin)))
}
