package slack

import (
	"context"
	"errors"
	"net/url"
	"time"

	slackgo "github.com/slack-go/slack"

	"dbbot/ops"
)

// keep holds one of the wanted connections: it opens one, and when that is about to go, opens the next while the
// old one is still read. It ends with the context, or with an error that no repetition mends.
func (c *Client) keep(ctx context.Context, in *intake) error {
	failures := 0
	for {
		s, err := c.connect(ctx, in)
		longest := c.bounds.pause
		switch {
		case ctx.Err() != nil:
			return nil
		case fatal(err):
			return err
		case err != nil:
			c.lost(err)
			failures++
		default:
			select {
			case <-ctx.Done():
				return nil
			case <-s.leave:
			}
			if s.recycled() {
				longest = c.bounds.recycle
			} else {
				c.lost(s.fault())
			}
			if failures++; time.Since(s.since) >= c.bounds.steady {
				failures = 0
			}
		}
		if sleep(ctx, backoff(failures, longest)) != nil {
			return nil
		}
	}
}

// connect opens one connection and returns once Slack has said hello on it.
func (c *Client) connect(ctx context.Context, in *intake) (*socket, error) {
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s, err := c.open(ctx)
	if err != nil {
		<-c.places
		c.metrics.opened.WithLabelValues("failed").Inc()
		return nil, err
	}
	c.status.add(s)
	in.readers.Go(func() {
		err := s.read(in.take)
		c.log.Debug("slack: a connection has ended", "cause", ops.Redact(err.Error()))
		c.status.remove(s)
		<-c.places
	})
	return s, c.greeted(ctx, s)
}

// greeted waits for the hello. Without one the connection is of no use and is given up.
func (c *Client) greeted(ctx context.Context, s *socket) error {
	timer := time.NewTimer(c.bounds.open)
	defer timer.Stop()
	select {
	case <-s.hello:
		c.metrics.opened.WithLabelValues("hello").Inc()
		return nil
	case <-s.leave:
		// Hello and goodbye may both be there; then the hello counts.
		if ended(s.hello) {
			return nil
		}
		c.metrics.opened.WithLabelValues("refused").Inc()
		return s.fault()
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		s.conn.CloseNow()
		c.metrics.opened.WithLabelValues("silent").Inc()
		return &ops.Error{Message: "Slack accepted a connection and then said nothing."}
	}
}

// open asks for a ticket and dials. Both count as one attempt, and both have their time.
func (c *Client) open(ctx context.Context) (*socket, error) {
	address, err := c.ticket(ctx)
	if err != nil {
		return nil, err
	}
	handshake, cancel := context.WithTimeout(ctx, c.bounds.open)
	defer cancel()
	s, err := dial(handshake, address, c.bounds)
	if err != nil {
		// The address holds the ticket, which opens the connection: it goes into no text.
		var asURL *url.Error
		if errors.As(err, &asURL) {
			err = asURL.Err
		}
		return nil, &ops.Error{Message: "Slack's connection could not be opened.", Cause: err}
	}
	return s, nil
}

// maxHold bounds what a Retry-After can do: Slack's are well under a minute, and a broken proxy must not silence the
// bot for a day.
const maxHold = 5 * time.Minute

// ticket asks Slack for the address of a new connection, when it is time to.
func (c *Client) ticket(ctx context.Context) (string, error) {
	if err := c.pace.wait(ctx); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, c.bounds.open)
	defer cancel()
	_, address, err := c.web.StartSocketModeContext(ctx)
	var limited *slackgo.RateLimitedError
	if errors.As(err, &limited) {
		c.pace.hold(min(limited.RetryAfter, maxHold))
	}
	if err == nil && address == "" {
		err = errors.New("apps.connections.open gave no address")
	}
	return address, explain("apps.connections.open", err)
}

// fault says why a connection was lost, in words for whoever runs the program.
func (s *socket) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.reason {
	case "link_disabled":
		return &ops.Error{
			Message: "Socket Mode is turned off for this Slack app.",
			Hint:    "Turn it on at api.slack.com/apps, under Socket Mode. dbbot goes on trying.",
		}
	case "too_many_websockets":
		return &ops.Error{
			Message: "Slack has ten connections open for this app and takes no more.",
			Hint:    "Another program uses the same app-level token; give it a Slack app of its own.",
		}
	case "silence":
		return &ops.Error{Message: "Slack's connection went silent."}
	case "closed":
		return &ops.Error{Message: "Slack's connection was lost."}
	default:
		return &ops.Error{Message: "Slack ended a connection: " + ops.Printable(s.reason, 40) + "."}
	}
}

// lost notes a fault for State and for the log. It is mended by the next hello.
func (c *Client) lost(err error) {
	c.status.failed(err)
	attributes := []any{"fault", ops.Redact(err.Error())}
	cause := errors.Unwrap(err)
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		cause = marked.Cause
	}
	if cause != nil {
		attributes = append(attributes, "cause", ops.Redact(cause.Error()))
	}
	c.log.Warn("slack: no connection", attributes...)
}
