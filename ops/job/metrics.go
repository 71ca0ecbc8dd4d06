package job

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"dbbot/ops/approval"
)

// metrics count what a worker did; states are the only labels.
type metrics struct {
	running prometheus.Gauge
	ended   *prometheus.CounterVec
	taken   prometheus.Counter
	lost    prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) *metrics {
	with := promauto.With(registry)
	return &metrics{
		running: with.NewGauge(prometheus.GaugeOpts{Name: "dbbot_runs", Help: "Approved requests that this process runs now."}),
		ended: with.NewCounterVec(prometheus.CounterOpts{
			Name: "dbbot_runs_ended_total", Help: "Runs whose end this process recorded, by the state they ended in.",
		}, []string{"state"}),
		taken: with.NewCounter(prometheus.CounterOpts{
			Name: "dbbot_runs_taken_over_total", Help: "Runs of vanished workers that this process looked into.",
		}),
		lost: with.NewCounter(prometheus.CounterOpts{
			Name: "dbbot_lease_lost_total", Help: "Times that the state database did not confirm in time that this process lives.",
		}),
	}
}

func (m *metrics) end(state approval.State) { m.ended.WithLabelValues(string(state)).Inc() }
