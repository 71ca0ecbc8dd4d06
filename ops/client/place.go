package client

import (
	"context"
	"net"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// Place is where one connection has led. What belongs together, such as an exported snapshot and the dump that
// imports it, must go to the same server, though a name may have several addresses and a URL several hosts.
type Place struct {
	Host    string // the name, which certificates are checked against; a folder for a socket
	Address string // of IP; empty for a socket
	Port    uint16
}

// Guide notes where the connections of a config lead.
type Guide struct {
	mu    sync.Mutex
	names map[string]string // host by address
}

// Watch lets the guide see what config's connections look up.
func (g *Guide) Watch(config *pgconn.Config) {
	g.names = map[string]string{}
	lookup := config.LookupFunc
	config.LookupFunc = func(ctx context.Context, host string) ([]string, error) {
		addresses, err := lookup(ctx, host)
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, address := range addresses {
			g.names[address] = host
		}
		return addresses, err
	}
}

// Place tells where a connection is; the zero Place where the guide does not know, which pins nothing.
func (g *Guide) Place(conn net.Conn) Place {
	remote, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return Place{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	address := remote.IP.String()
	host, known := g.names[address]
	if !known {
		host = g.names[net.JoinHostPort(address, strconv.Itoa(remote.Port))]
	}
	if host == "" {
		return Place{}
	}
	return Place{Host: host, Address: address, Port: uint16(remote.Port)} // #nosec G115: a port
}
