package workspace

// controls is the control interface: GET /control/ lists it with these words.
var controls = []control{
	{
		"POST /control/warn", "socket", "Say `warning` on a socket; the disconnection follows as at Slack.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.Warn(in.Socket) },
	},
	{
		"POST /control/disconnect", "socket, reason", "Say `disconnect` with that reason (refresh_requested, link_disabled, …) and close.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.Disconnect(in.Socket, in.Reason) },
	},
	{
		"POST /control/kill", "socket", "End a socket without a word and without a close frame.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.Kill(in.Socket) },
	},
	{
		"POST /control/stop-pings", "socket", "Leave a socket open and silent: no pings any more.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.StopPings(in.Socket) },
	},
	{
		"POST /control/deliver-on", "socket", "Deliver everything on this socket while it is open; empty means any again.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.DeliverOn(in.Socket) },
	},
	{
		"POST /control/link", "app, on", "Socket Mode on or off. Off: link_disabled on all sockets, and none can be opened.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.DisableLink(in.App, !in.On) },
	},
	{
		"POST /control/fail", "fault{method, app, times, error, status, retry_after, hang, drop_before, drop_after, delay_ms}",
		"Let the next calls of a method (or response_url, or *) fail: an error code, an HTTP status (429 with retry_after), a hang, a broken connection before or after the call was done, a delay. apps.connections.open is a method like any other.",
		func(s *Server, in *controlCall) (any, error) {
			if err := in.Fault.check(); err != nil {
				return nil, err
			}
			s.FailCalls(in.Fault)
			return nil, nil
		},
	},
	{
		"POST /control/clear-faults", "", "Take back all faults of calls that were not used up.",
		func(s *Server, in *controlCall) (any, error) { s.ClearFaults(); return nil, nil },
	},
	{
		"POST /control/send", "app, type, payload or filler", "Send an envelope of any type with any payload (absent: null; filler: that many bytes).",
		func(s *Server, in *controlCall) (any, error) { return s.SendRaw(in.App, in.Type, in.rawPayload()) },
	},
	{
		"POST /control/frame", "socket, frame", "Write any text as one frame: broken JSON, say.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.SendFrame(in.Socket, []byte(in.Frame)) },
	},
	{
		"POST /control/redeliver", "envelope, new_id", "Send an envelope of the log once more, unchanged or under a new id.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.Redeliver(in.Envelope, in.NewID) },
	},
	{
		"POST /control/expire-triggers", "", "Make all trigger ids too old.",
		func(s *Server, in *controlCall) (any, error) { s.ExpireTriggers(); return nil, nil },
	},
	{
		"POST /control/jump", "seconds", "Move the workspace's clock: response URLs, triggers, tickets and rates grow older.",
		func(s *Server, in *controlCall) (any, error) { s.Jump(in.duration()); return nil, nil },
	},
	{
		"POST /control/person", "user, kind", "Make a person a member, guest, single_channel_guest, deleted, bot or external.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.SetKind(in.User, in.Kind) },
	},
	{
		"POST /control/membership", "channel, user, on", "Add somebody to a channel, or take them out; the bot too.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.SetMember(in.Channel, in.User, in.On) },
	},
	{
		"POST /control/archive", "channel, on", "Archive a channel, or bring it back.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.SetArchived(in.Channel, in.On) },
	},
	{
		"POST /control/usergroup", "usergroup, users", "Replace the members of a user group.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.SetUsergroup(in.Usergroup, in.Users) },
	},
	{
		"POST /control/token", "app, token (bot or app), on", "Revoke a token (on=false), or give it back.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.RevokeToken(in.App, in.Token, !in.On) },
	},
	{
		"POST /control/scope", "app, scope, on", "Grant a scope to the bot token, or take it away.",
		func(s *Server, in *controlCall) (any, error) { return nil, s.SetScope(in.App, in.Scope, in.On) },
	},

	{
		"POST /control/say", "user, channel, thread_ts, text", "A person writes a message; the result is its ts.",
		func(s *Server, in *controlCall) (any, error) { return s.Say(in.User, in.Channel, in.Thread, in.Text) },
	},
	{
		"POST /control/slash", "user, channel, text", "A person types a slash command; answers once it is acked or too late.",
		func(s *Server, in *controlCall) (any, error) {
			return s.Slash(in.r.Context(), in.User, in.Channel, in.Text)
		},
	},
	{
		"POST /control/click", "user, channel, ts, action_id", "A person presses a button of a message; answers once it is acked or too late.",
		func(s *Server, in *controlCall) (any, error) {
			return s.Click(in.r.Context(), in.User, in.Channel, in.TS, in.ActionID)
		},
	},
	{
		"POST /control/act", "user, channel and ts, or view_id and state, action", "A person uses any element; action is Slack's action object.",
		func(s *Server, in *controlCall) (any, error) {
			if in.View != "" {
				return s.ActInView(in.r.Context(), in.User, in.View, in.Action, in.State)
			}
			return s.Act(in.r.Context(), in.User, in.Channel, in.TS, in.Action)
		},
	},
	{
		"POST /control/submit", "user, view_id, state", "A person sends a modal; answers once it is acked or too late.",
		func(s *Server, in *controlCall) (any, error) {
			return s.Submit(in.r.Context(), in.User, in.View, in.State)
		},
	},
	{
		"POST /control/react", "user, channel, ts, name, on", "A person puts an emoji under a message (on), or takes it away.",
		func(s *Server, in *controlCall) (any, error) {
			return nil, s.React(in.User, in.Channel, in.TS, in.Name, in.On)
		},
	},
	{
		"POST /control/open-home", "user, app", "A person opens the home tab; the result is what was published so far.",
		func(s *Server, in *controlCall) (any, error) { return s.OpenHome(in.User, in.App) },
	},

	{
		"GET /control/messages", "channel, user, thread_ts", "The newest messages as a person sees them (no user: what all see).",
		func(s *Server, in *controlCall) (any, error) { return s.Thread(in.Channel, in.Thread, in.User), nil },
	},
	{
		"GET /control/envelopes", "", "The newest envelopes with outcome and latency of the ack.",
		func(s *Server, in *controlCall) (any, error) { return s.Deliveries(), nil },
	},
	{
		"GET /control/calls", "", "The newest calls of the Web API and of response URLs, tokens masked.",
		func(s *Server, in *controlCall) (any, error) { return s.Calls(), nil },
	},
	{
		"GET /control/sockets", "", "All sockets, the oldest first.",
		func(s *Server, in *controlCall) (any, error) { return s.Sockets(), nil },
	},
	{
		"GET /control/notices", "user", "What Slack itself told a person: operation_timeout, say.",
		func(s *Server, in *controlCall) (any, error) { return s.Notices(in.User), nil },
	},
	{
		"GET /control/views", "user", "The modals that a person has open, the lowest first.",
		func(s *Server, in *controlCall) (any, error) { return s.Views(in.User), nil },
	},
	{
		"GET /control/home", "user, app", "The home tab that was published for a person.",
		func(s *Server, in *controlCall) (any, error) { return s.Home(in.User, in.App), nil },
	},
	{
		"GET /control/counts", "", "Unknown, duplicate, late and oversize acks, bad frames, connections.",
		func(s *Server, in *controlCall) (any, error) { return s.Counts(), nil },
	},
}
