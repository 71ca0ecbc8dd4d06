package workspace

// Messages are the newest messages a person sees in a channel, oldest first, thread replies left out; with an empty
// person, those that everybody sees. The result is a copy.
func (s *Server) Messages(channel, as string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels.byID[channel]
	if c == nil {
		return nil
	}
	return c.newest(as, "", s.cfg.Limits.Messages)
}
