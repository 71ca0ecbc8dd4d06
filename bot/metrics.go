package bot

import (
	"cmp"
	"slices"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/backup"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics has labels with few values: commands of the catalogue and outcomes of the road, never what was typed.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	verified *prometheus.GaugeVec
	taken    *prometheus.GaugeVec
	ended    *prometheus.GaugeVec
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
		// Moments, not ages: replicas that looked at different times do not contradict each other, and max() is right.
		verified: with.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dbbot_backup_verified_timestamp_seconds", Help: "When the newest verified backup was begun, since 1970; its age is time() minus this. 0: there is none.",
		}, []string{"database"}),
		taken: with.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dbbot_backup_taken_timestamp_seconds", Help: "When the newest backup was begun, since 1970. 0: there is none.",
		}, []string{"database"}),
		ended: with.NewGaugeVec(prometheus.GaugeOpts{
			Name: "dbbot_backup_ended_timestamp_seconds", Help: "When a backup ended last that this process ran, by outcome, since 1970.",
		}, []string{"database", "outcome"}),
	}
}

// backups notes what a store has of a database, newest first.
func (m *metrics) backups(database string, all []backup.Backup) {
	verified, taken := 0.0, 0.0
	if len(all) > 0 {
		taken = float64(all[0].Started.Unix())
	}
	if at := slices.IndexFunc(all, backup.Backup.Good); at >= 0 {
		verified = float64(all[at].Started.Unix())
	}
	m.verified.WithLabelValues(database).Set(verified)
	m.taken.WithLabelValues(database).Set(taken)
}

// ran notes how a run ended, of backups.
func (m *metrics) ran(q approval.Request, ended approval.State) {
	if q.Command == backupNow {
		m.ended.WithLabelValues(q.Target.Database, string(ended)).SetToCurrentTime()
	}
}

// count notes a request; command is empty where the words were not understood.
func (m *metrics) count(command string, ended outcome, took time.Duration) {
	command = cmp.Or(command, "none")
	m.requests.WithLabelValues(command, string(ended)).Inc()
	m.seconds.WithLabelValues(command).Observe(took.Seconds())
}
