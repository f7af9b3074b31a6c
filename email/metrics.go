package email

import (
	"github.com/prometheus/client_golang/prometheus"

	"aviso/transport"
)

// Metrics are what the operator's monitoring sees of email.
type Metrics struct {
	acceptedTotal *prometheus.CounterVec
	refusedTotal  *prometheus.CounterVec
	settledTotal  *prometheus.CounterVec
	attemptTotal  *prometheus.CounterVec
	attemptTime   *prometheus.HistogramVec
	credits       *prometheus.CounterVec
}

// NewMetrics registers the email metrics with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "aviso", Subsystem: "email", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	m := &Metrics{
		acceptedTotal: counter("accepted_total", "Messages admitted.", "channel"),
		refusedTotal:  counter("refused_total", "Calls refused, by the contract's code.", "code"),
		settledTotal:  counter("settled_total", "Attempts settled, by what the message became.", "status"),
		attemptTotal:  counter("recipients_total", "Recipients tried, by relay and outcome.", "relay", "outcome"),
		credits:       counter("credits_total", "Credits charged and refunded.", "direction"),
		attemptTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "aviso", Subsystem: "email", Name: "attempt_seconds",
			Help: "How long an attempt took, by relay.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 14)}, []string{"relay"}),
	}
	r.MustRegister(m.attemptTime)
	return m
}

func (m *Metrics) accepted(c Channel)  { m.acceptedTotal.WithLabelValues(string(c)).Inc() }
func (m *Metrics) refused(code string) { m.refusedTotal.WithLabelValues(code).Inc() }

func (m *Metrics) settled(w *settlement) {
	m.settledTotal.WithLabelValues(string(w.status)).Inc()
	m.credits.WithLabelValues("refunded").Add(float64(w.refunded))
}

func (m *Metrics) charged(n int64) { m.credits.WithLabelValues("charged").Add(float64(n)) }

func (m *Metrics) attempt(relay string, r transport.Report) {
	m.attemptTime.WithLabelValues(relay).Observe(r.Duration.Seconds())
	for _, v := range r.Verdicts {
		m.attemptTotal.WithLabelValues(relay, v.Outcome.String()).Inc()
	}
}
