package bot

import (
	"cmp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics has labels with few values: commands of the catalogue and outcomes of the road, never what was typed.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	with := promauto.With(registry)
	return &metrics{
		requests: with.NewCounterVec(prometheus.CounterOpts{
			Name: "dbbot_requests_total", Help: "Commands, clicks and home tabs, by command and outcome.",
		}, []string{"command", "outcome"}),
		seconds: with.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dbbot_request_seconds", Help: "From the arrival of a request to its answer being sent.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2, 3, 5, 10}, // three seconds are promised
		}, []string{"command"}),
	}
}

// count notes a request; command is empty where the words were not understood.
func (m *metrics) count(command string, ended outcome, took time.Duration) {
	command = cmp.Or(command, "none")
	m.requests.WithLabelValues(command, string(ended)).Inc()
	m.seconds.WithLabelValues(command).Observe(took.Seconds())
}
