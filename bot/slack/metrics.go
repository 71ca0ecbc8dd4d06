package slack

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	ack       prometheus.Histogram
	envelopes *prometheus.CounterVec // by type; what Slack may invent is "unknown"
	refused   *prometheus.CounterVec // by reason
	opened    *prometheus.CounterVec // connections, by how it went
	busy      prometheus.Counter
	late      prometheus.Counter
	unsaid    prometheus.Counter
	panics    prometheus.Counter
	waiting   prometheus.Gauge
	deciding  prometheus.Gauge
}

// ackBuckets go from a tenth of a millisecond to Slack's limit of three seconds.
var ackBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3}

func newMetrics(registry prometheus.Registerer, s *status) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "dbbot", Subsystem: "slack", Name: name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "dbbot", Subsystem: "slack", Name: name, Help: help}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "dbbot", Subsystem: "slack", Name: name, Help: help})
	}
	m := &metrics{
		ack: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "dbbot", Subsystem: "slack", Name: "ack_seconds",
			Help: "From the receipt of an envelope until its ack was written.", Buckets: ackBuckets,
		}),
		envelopes: counters("envelopes_total", "Envelopes received, by type.", "type"),
		refused:   counters("refused_total", "Envelopes that were acked and not acted upon, by reason.", "reason"),
		opened:    counters("connections_total", "Attempts to open a connection, by outcome.", "outcome"),
		busy:      counter("busy_total", "Commands and clicks turned away because the queue was full."),
		late:      counter("late_total", "Acks that went out before it was known whether the act was accepted."),
		unsaid:    counter("unsaid_total", "Apologies that could not be made, because too many were waiting."),
		panics:    counter("panics_total", "Panics in handlers, in apologies and in the readers of sockets."),
		waiting:   gauge("queue_depth", "Commands and clicks that are waiting or being handled."),
		deciding:  gauge("decisions_depth", "Acts that must be certain before their ack, waiting or being taken."),
	}
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "dbbot", Subsystem: "slack", Name: "sockets_open",
		Help: "Sockets on which Slack has said hello.",
	}, func() float64 { return float64(s.open()) })
	if registry != nil {
		registry.MustRegister(m.ack, m.envelopes, m.refused, m.opened, m.busy, m.late, m.unsaid, m.panics, m.waiting, m.deciding, open)
	}
	return m
}
