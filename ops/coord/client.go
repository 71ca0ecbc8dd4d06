package coord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"

	"dbbot/ops"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// bounded sets the bounds of every connection, whatever the URL asks for. With its defaults the client spends 1.7 s
// on each call while Redis refuses connections, which is more than half of what Slack gives us.
func bounded(o *redis.Options) *redis.Options {
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = patience, patience, patience, patience
	o.DialerRetries = 1
	o.MaxRetries = -1 // none; zero would mean three
	o.ContextTimeoutEnabled = true
	o.MinIdleConns = 0
	o.PoolSize = connections
	o.ClientName = "dbbot"
	// Nothing here needs RESP3 or a cloud's notices of maintenance, and what stands before Redis may not know them.
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

// connections of one process at most: calls are short, and there are no more workers than a few dozen.
const connections = 16

// clientLog sends what the Redis client would print on stderr into our log. It speaks of its own retries mostly:
// what matters is said by the breaker.
type clientLog struct{ log *slog.Logger }

// Printf implements the client's logger.
func (l clientLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, "Redis client: "+ops.Redact(fmt.Sprintf(format, v...)))
}

// describe is an error as the log may have it.
func describe(err error) string { return ops.Redact(err.Error()) }

// failure puts an error of Redis into words for people.
func failure(err error) *ops.Error {
	var reply redis.Error
	var unknown *net.DNSError
	text := err.Error()
	switch {
	case strings.Contains(text, "WRONGPASS"), strings.Contains(text, "NOAUTH"):
		return &ops.Error{Message: "Redis did not accept the user name or the password.", Hint: "Correct them in the Redis URL.", Cause: err}
	case strings.Contains(text, "NOPERM"):
		return &ops.Error{Message: "Redis does not let this user run INFO or PING.", Hint: "ACL SETUSER <name> +info +ping", Cause: err}
	case errors.As(err, &reply):
		return &ops.Error{Message: "Redis answered with an error.", Hint: "Its log, or redis-cli PING, says more.", Cause: err}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &ops.Error{Message: "Redis is not there: nothing listens at the address in its URL.", Hint: "Start it, or correct host and port.", Cause: err}
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return &ops.Error{Message: "Redis cannot be found: the host in its URL has no address.", Hint: "Correct the host name.", Cause: err}
	default:
		return &ops.Error{
			Message: fmt.Sprintf("Redis did not answer within %d ms.", patience.Milliseconds()),
			Hint:    "Check that it runs and that the Redis URL is right.", Cause: err,
		}
	}
}
