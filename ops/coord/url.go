package coord

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"

	"dbbot/ops"

	"github.com/redis/go-redis/v9"
)

// Address is what a Redis URL says, without its secrets. The forms, with rediss:// for TLS:
//
//	redis://user:password@host:6379/0                         one server
//	unix:///run/redis.sock                                    one server on this machine
//	redis://host1:26379/0?addr=host2:26379&master_name=shop   Sentinels; user and password before @ are theirs, and
//	    &username=…&password=…                                those of Redis stand behind the question mark
//	redis://user:password@host1:6379?addr=host2:6379          a cluster: any of its nodes
//	redis://user:password@host:6379?cluster=true              a cluster, from one node
type Address struct {
	Hosts     []string // host:port each, or one path
	Sentinel  bool     // Hosts are Sentinels
	Cluster   bool
	Local     bool // a socket of this machine
	Encrypted bool
	Password  bool // Redis asks for one
}

// errURL says nothing of the URL: what looks like a port may be half a password.
var errURL = &ops.Error{
	Message: "The Redis URL cannot be read as the address of a Redis server.",
	Hint: "Write it as redis://user:password@host:6379/0, or rediss:// for TLS, and percent-encode special characters in the password; " +
		"more nodes of a cluster, or Sentinels, as ?addr=host:port&addr=…, and &master_name=… for Sentinels.",
}

// errVerify is for URLs that ask for less than TLS.
var errVerify = &ops.Error{
	Message: "The Redis URL asks not to verify the server's certificate, which would let anybody be Redis.",
	Hint:    "Take skip_verify out. For an authority of your own, set SSL_CERT_FILE to its certificate.",
}

// Read understands a Redis URL, without any I/O. Errors are *ops.Error.
func Read(address ops.Secret) (Address, error) {
	o, err := options(address)
	if err != nil {
		return Address{}, err
	}
	return Address{
		Hosts: o.Addrs, Sentinel: o.MasterName != "", Cluster: o.IsClusterMode, Local: o.Dialer != nil,
		Encrypted: o.TLSConfig != nil, Password: o.Password != "",
	}, nil
}

// options are those of the URL that say where and who; all bounds are ours (bounded).
func options(address ops.Secret) (*redis.UniversalOptions, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil {
		return nil, errURL
	}
	query := u.Query()
	if query.Has("skip_verify") {
		return nil, errVerify
	}
	cluster := query.Get("cluster") == "true"
	query.Del("cluster")
	u.RawQuery = query.Encode()
	var o *redis.UniversalOptions
	switch {
	case query.Get("master_name") != "" && !cluster:
		o, err = sentinels(u.String())
	case query.Has("master_name"):
		err = errURL
	case cluster || query.Has("addr"):
		o, err = nodes(u)
	default:
		o, err = single(u.String())
	}
	if err != nil {
		return nil, errURL
	}
	return o, nil
}

func single(text string) (*redis.UniversalOptions, error) {
	from, err := redis.ParseURL(text)
	if err != nil {
		return nil, err
	}
	o := &redis.UniversalOptions{Addrs: []string{from.Addr}, DB: from.DB, Username: from.Username, Password: from.Password, TLSConfig: from.TLSConfig}
	if from.Network == "unix" {
		o.Dialer = func(ctx context.Context, _, path string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}
	}
	return o, nil
}

// sentinels lets each server be verified by the name or address that it is reached by, which the Sentinels tell.
func sentinels(text string) (*redis.UniversalOptions, error) {
	from, err := redis.ParseFailoverURL(text)
	if err != nil {
		return nil, err
	}
	if from.TLSConfig != nil {
		from.TLSConfig.ServerName = ""
	}
	return &redis.UniversalOptions{
		Addrs: from.SentinelAddrs, MasterName: from.MasterName, DB: from.DB, Username: from.Username, Password: from.Password,
		SentinelUsername: from.SentinelUsername, SentinelPassword: from.SentinelPassword, TLSConfig: from.TLSConfig,
	}, nil
}

// nodes are those of a cluster, which has one database alone. Each node's certificate must be good for the first host of
// the URL: many clusters tell bare addresses of their nodes, and have one certificate for all.
func nodes(u *url.URL) (*redis.UniversalOptions, error) {
	from, err := redis.ParseClusterURL(u.String())
	if err != nil {
		return nil, err
	}
	if database := strings.Trim(u.Path, "/"); database != "" && database != "0" {
		return nil, errors.New("a cluster has the database 0 alone")
	}
	return &redis.UniversalOptions{Addrs: from.Addrs, Username: from.Username, Password: from.Password, TLSConfig: from.TLSConfig, IsClusterMode: true}, nil
}
