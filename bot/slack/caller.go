package slack

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// caller makes every HTTP request of this package: with a time-out, with Slack's pauses kept, and repeated only where
// that cannot do a thing twice.
type caller struct {
	client *http.Client
}

const (
	callTimeout    = 10 * time.Second // for one attempt; slack-go's own client has none
	idlePerHost    = 64               // all calls go to one host; net/http keeps two idle connections, and opens anew for the rest
	maxAnswer      = 16 << 20         // bytes; Slack's largest answers are far below
	maxAttempts    = 4                // the first one included
	maxPause       = 30 * time.Second // what asks for more is an error, not a wait
	pauseUnsaid    = 5 * time.Second  // a 429 without a readable Retry-After; slack-go fails on those
	dialPause      = 200 * time.Millisecond
	pauseJitter    = 250 * time.Millisecond
	headerPause    = "Retry-After"
	connectionsURL = "apps.connections.open" // has its own repetition, see keep
)

func newCaller() *caller {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idlePerHost
	return &caller{client: &http.Client{
		Timeout: callTimeout, Transport: transport,
		// Nothing of Slack's redirects, and a redirect would carry a token or an answer elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do sends the request, and again after a 429, or when nothing was sent: no other failure tells whether Slack has
// acted. It never waits beyond the context's deadline. slack-go and respond.go call it.
func (c *caller) Do(request *http.Request) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		response, err := c.client.Do(request)
		pause, again := repeat(request, response, err, attempt)
		if !again {
			return tame(response), err
		}
		if response != nil {
			io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer))
			response.Body.Close()
		}
		if err := sleep(request.Context(), pause); err != nil {
			return nil, err
		}
		if request, err = rewind(request); err != nil {
			return nil, err
		}
	}
}

// rewind prepares the same request for being sent once more.
func rewind(request *http.Request) (*http.Request, error) {
	if request.GetBody == nil {
		return request, nil
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, err
	}
	next := request.Clone(request.Context())
	next.Body = body
	return next, nil
}

// repeat says whether to send again, and after which pause.
func repeat(request *http.Request, response *http.Response, err error, attempt int) (time.Duration, bool) {
	method := path.Base(request.URL.Path)
	if attempt >= maxAttempts || method == connectionsURL || request.Body != nil && request.GetBody == nil {
		return 0, false
	}
	var pause time.Duration
	switch {
	case err == nil && response.StatusCode == http.StatusTooManyRequests:
		pause = retryAfter(response) + rand.N(pauseJitter)
	case err != nil && (nothingSent(err) || readsOnly(method) && request.Context().Err() == nil):
		pause = dialPause<<(attempt-1) + rand.N(pauseJitter)
	default:
		return 0, false
	}
	deadline, bounded := request.Context().Deadline()
	return pause, pause <= maxPause && (!bounded || time.Until(deadline) > pause)
}

// nothingSent is true for failures before a connection was there.
func nothingSent(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "dial" && !errors.Is(err, context.Canceled)
}

// readsOnly lists the methods that may be sent twice.
func readsOnly(method string) bool {
	return slices.Contains([]string{"auth.test", "conversations.info", "usergroups.users.list", "users.info"}, method)
}

func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(response.Header.Get(headerPause)))
	if err != nil || seconds < 0 {
		return pauseUnsaid
	}
	return time.Duration(seconds) * time.Second
}

// tame bounds the answer, and gives a 429 the header that slack-go needs in order to call it one.
func tame(response *http.Response) *http.Response {
	if response == nil {
		return nil
	}
	if response.StatusCode == http.StatusTooManyRequests {
		response.Header.Set(headerPause, strconv.Itoa(int(retryAfter(response).Seconds())))
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response
}
