package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
)

// oneCaller is a listener whose only caller is there already.
type oneCaller struct {
	caller chan net.Conn
	closed chan struct{}
}

func (l oneCaller) Accept() (net.Conn, error) {
	select {
	case c := <-l.caller:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l oneCaller) Close() error   { close(l.closed); return nil }
func (l oneCaller) Addr() net.Addr { return &net.TCPAddr{} }

// TestAnIdleConnectionIsClosed would never end if it were kept for ever: no clock runs on while somebody could still act.
func TestAnIdleConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := oneCaller{caller: make(chan net.Conn, 1), closed: make(chan struct{})}
		l.caller <- theirs
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- serveHTTP(ctx, l, routes(http.NotFoundHandler(), prometheus.NewRegistry())) }()
		if _, err := io.WriteString(ours, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		from := bufio.NewReader(ours)
		answer, err := http.ReadResponse(from, nil)
		if err != nil || answer.StatusCode != http.StatusOK || answer.Close {
			t.Fatal(answer, err)
		}
		if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "ok\n" {
			t.Errorf("%q, %v", body, err)
		}
		answer.Body.Close()
		if _, err := from.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("an idle connection: %v", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
