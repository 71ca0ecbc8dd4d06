package coord

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
)

func TestInfoOfARealRedis(t *testing.T) {
	c := connect(t, start(t, 0, "--maxmemory", "64mb", "--maxmemory-policy", "noeviction").url)
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := c.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Version == "" || info.Role != "master" || info.Clients < 1 || info.MaxClients < 1 || info.Memory < 1 ||
		info.MaxMemory != 64<<20 || info.Policy != "noeviction" || info.AppendOnly || info.Loading || info.SaveFailed {
		t.Errorf("%+v", info)
	}
}

func TestParseInfo(t *testing.T) {
	got := parseInfo("# Server\r\nredis_version:7.0.15\r\nuptime_in_seconds:90\r\nrole:slave\r\nloading:1\r\nrdb_last_bgsave_status:err\r\n" +
		"aof_enabled:1\r\naof_last_write_status:err\r\nevicted_keys:3\r\nrejected_connections:4\r\nconnected_clients:no number\r\nmalformed\r\n")
	want := Info{Version: "7.0.15", Role: "slave", Uptime: 90 * time.Second, Loading: true, SaveFailed: true, AppendOnly: true, WriteFailed: true, Evicted: 3, Rejected: 4}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestFailuresAreSaidInWords(t *testing.T) {
	guarded := start(t, 0, "--requirepass", "right").url
	limited := strings.Replace(guarded, "redis://", "redis://:right@", 1)
	if _, err := connect(t, limited).client.Do(t.Context(), "ACL", "SETUSER", "few", "on", ">few", "~*", "+get").Result(); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, url, says string }{
		{"no Redis", "", "No Redis is configured"},
		{"no password", guarded, "did not accept"},
		{"wrong password", strings.Replace(guarded, "redis://", "redis://:wr0ng@", 1), "did not accept"},
		{"no right", strings.Replace(guarded, "redis://", "redis://few:few@", 1), "does not let this user"},
		{"nobody there", "redis://127.0.0.1:1", "nothing listens"},
		{"silent", silent(t), "did not answer within 300 ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := connect(t, tt.url)
			_, failed := c.Info(t.Context())
			for _, err := range []error{c.Ping(t.Context()), failed} {
				var marked *ops.Error
				if !errors.As(err, &marked) || !strings.Contains(marked.Message, tt.says) || marked.Hint == "" {
					t.Errorf("said %v", err)
				} else if cause := errors.Unwrap(marked); cause != nil && strings.Contains(cause.Error(), "wr0ng") {
					t.Errorf("the cause holds the password: %v", cause)
				}
			}
		})
	}
}

// A name server that says no, and one that says nothing, are two things.
func TestNamesThatAreNotFound(t *testing.T) {
	for says, err := range map[string]error{
		"cannot be found":       &net.DNSError{Err: "no such host", IsNotFound: true},
		"did not answer within": &net.DNSError{Err: "i/o timeout", IsTimeout: true},
	} {
		if got := failure(fmt.Errorf("dial: %w", err)); !strings.Contains(got.Message, says) {
			t.Errorf("%v: got %q", err, got.Message)
		}
	}
}

// silent is a server that takes connections and says nothing.
func silent(t *testing.T) (url string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return "redis://" + listener.Addr().String()
}
