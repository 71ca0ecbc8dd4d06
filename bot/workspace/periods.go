package workspace

import "time"

// Periods are the times Slack's contracts speak of. Zero means Slack's own value; tests shorten them.
type Periods struct {
	Ack          time.Duration   // to answer an envelope: 3 s
	Trigger      time.Duration   // a trigger id lives: 3 s
	Ticket       time.Duration   // a WebSocket URL lives: 30 s (Slack does not document it)
	Ping         time.Duration   // between WebSocket pings: 5 s (clients give up after 30 s without one)
	Pong         time.Duration   // a socket that answers no ping for this long is closed: 30 s
	Refresh      time.Duration   // a socket's life: 18,060 s, as approximate_connection_time says
	DebugRefresh time.Duration   // with debug_reconnects=true: 360 s
	Warning      time.Duration   // from the warning to the disconnection: 10 s
	ResponseURL  time.Duration   // 30 min
	Upload       time.Duration   // an upload URL lives: 10 min (Slack does not document it)
	Retries      []time.Duration // waits before an event is sent again: at once, 60 s, 300 s
}

// Limits are the amounts Slack allows. Zero means Slack's own value; a negative rate means unlimited.
type Limits struct {
	Sockets         int // open sockets of one app: 10
	ResponseURLUses int // 5
	AckBytes        int // acks of this size and more are dropped: 20,480
	ViewStack       int // 3

	MessagesPerSecond float64    // chat.postMessage to one channel: 1
	MessageBurst      int        // how many may come at once after a silence: 3
	WorkspacePerMin   float64    // chat.postMessage to the whole workspace: 300 ("several hundred")
	TiersPerMin       [5]float64 // by tier 1 to 4: 1, 20, 50, 100 a minute; index 0 is unused
	TierBurst         int        // how many calls of one method may come at once; zero means a minute's worth

	Messages  int   // kept per channel: 5,000
	History   int   // envelopes, calls and notices kept for the logs: 2,000
	FileBytes int64 // one uploaded file: 50 MiB
}

func (p Periods) withDefaults() Periods {
	fill(&p.Ack, 3*time.Second)
	fill(&p.Trigger, 3*time.Second)
	fill(&p.Ticket, 30*time.Second)
	fill(&p.Ping, 5*time.Second)
	fill(&p.Pong, 30*time.Second)
	fill(&p.Refresh, 18060*time.Second)
	fill(&p.DebugRefresh, 360*time.Second)
	fill(&p.Warning, 10*time.Second)
	fill(&p.ResponseURL, 30*time.Minute)
	fill(&p.Upload, 10*time.Minute)
	if p.Retries == nil {
		p.Retries = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	return p
}

func (l Limits) withDefaults() Limits {
	fill(&l.Sockets, 10)
	fill(&l.ResponseURLUses, 5)
	fill(&l.AckBytes, 20480)
	fill(&l.ViewStack, 3)
	fill(&l.MessagesPerSecond, 1)
	fill(&l.MessageBurst, 3)
	fill(&l.WorkspacePerMin, 300)
	for i, perMinute := range [5]float64{0, 1, 20, 50, 100} {
		fill(&l.TiersPerMin[i], perMinute)
	}
	fill(&l.Messages, 5000)
	fill(&l.History, 2000)
	fill(&l.FileBytes, 50<<20)
	return l
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
