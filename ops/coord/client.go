package coord

import (
	"context"
	"crypto/tls"
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
func bounded(o *redis.UniversalOptions) *redis.UniversalOptions {
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = patience, patience, patience, patience
	o.DialerRetries = 1
	o.MaxRetries = -1 // none; zero would mean three
	o.ContextTimeoutEnabled = true
	o.MinIdleConns, o.PoolSize, o.PipelinePoolSize = 0, connections, -1
	o.ClientName = "dbbot"
	// Nothing here needs RESP3 or a cloud's notices of maintenance, and what stands before Redis may not know them.
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

// connections of one process to one server at most: calls are short, and there are no more workers than a few dozen.
const connections = 16

// Rights are what an ACL user needs: its own keys alone, and nothing that could disturb others. In a cluster it needs
// RightsInCluster too, and Sentinels have users of their own.
const (
	Rights          = "~dbbot:* ~rate:dbbot:* +ping +info +client|setname +select +eval +evalsha +get +set +del +pttl +time"
	RightsInCluster = "+cluster|slots +cluster|shards +readonly +command"
)

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
	var unverified *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	text := err.Error()
	switch {
	case strings.Contains(text, "WRONGPASS"), strings.Contains(text, "NOAUTH"):
		return &ops.Error{
			Message: "Redis did not accept the user name or the password.",
			Hint:    "Correct them in the Redis URL. With Sentinels, those before @ are the Sentinels' own, and Redis' stand in ?username=…&password=….", Cause: err,
		}
	case strings.Contains(text, "NOPERM"):
		return &ops.Error{Message: "Redis does not let this user run INFO or PING.", Hint: "ACL SETUSER <name> " + Rights, Cause: err}
	case errors.As(err, &unverified):
		return &ops.Error{
			Message: "Redis' certificate could not be verified: it is of another name, too old, or of an authority that is not known here.",
			Hint:    "Use the host name that it was made for. For an authority of your own, set SSL_CERT_FILE to its certificate.", Cause: err,
		}
	case errors.As(err, &noTLS):
		return &ops.Error{Message: "Redis does not speak TLS at this port.", Hint: "Write redis:// in place of rediss://, or the port that speaks TLS.", Cause: err}
	case strings.Contains(text, "CLUSTERDOWN"):
		return &ops.Error{Message: "The Redis cluster is down: some of its keys have no node.", Hint: "redis-cli CLUSTER INFO says more.", Cause: err}
	case strings.Contains(text, "all sentinels"):
		return &ops.Error{Message: "None of the Sentinels says where Redis is.", Hint: "Check that they run, and the addresses and master_name in the Redis URL.", Cause: err}
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
