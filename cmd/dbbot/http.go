package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"dbbot/ops"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Bounds of the small HTTP server: its answers are short and come from memory.
const (
	headerWithin = 5 * time.Second
	answerWithin = 10 * time.Second
	idleWithin   = time.Minute // of a connection kept open: longer than a scraper's usual interval of 15 to 30 s
	closeGrace   = 2 * time.Second
)

// newRegistry holds every figure of this process; the packages that are wired add theirs.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "dbbot_build_info", Help: "Which build this is; always 1.", ConstLabels: prometheus.Labels{"version": version()},
	})
	build.Set(1)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build)
	return r
}

// routes are the three paths. /healthz says only that the process answers.
func routes(ready http.Handler, figures prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("GET /readyz", ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(figures, promhttp.HandlerOpts{}))
	return mux
}

// listen takes the address, or says what is in the way.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &ops.Error{
			Message: "Nothing can listen on " + address + ": " + lastOf(err) + ".",
			Hint:    "Perhaps another dbbot runs already. Else set http.listen in " + defaultFile + " to a free address.", Cause: err,
		}
	}
	return l, nil
}

// lastOf is the innermost error's text: the system's own word. Of several attempts it is the last one's.
func lastOf(err error) string {
	for {
		var inner error
		switch outer := err.(type) { //nolint:errorlint // it walks the chain itself
		case interface{ Unwrap() error }:
			inner = outer.Unwrap()
		case interface{ Unwrap() []error }:
			if all := outer.Unwrap(); len(all) > 0 {
				inner = all[len(all)-1]
			}
		}
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// serveHTTP answers on l until ctx ends.
func serveHTTP(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerWithin, WriteTimeout: answerWithin, IdleTimeout: idleWithin}
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		bounded, cancel := context.WithTimeout(context.Background(), closeGrace)
		defer cancel()
		stopped <- server.Shutdown(bounded)
	})()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
