package email

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/transport"
)

// Metrics are what the operator's monitoring sees of email: what this node has
// done since it started. What waits is Numbers'.
type Metrics struct {
	acceptedTotal *prometheus.CounterVec
	refusedTotal  *prometheus.CounterVec
	settledTotal  *prometheus.CounterVec
	attemptTotal  *prometheus.CounterVec
	attemptTime   *prometheus.HistogramVec
	credits       *prometheus.CounterVec

	// How long the stages of a message take that are not the relay's.
	admitTime, placeTime, settleTime prometheus.Observer
}

// NewMetrics registers the email metrics with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "aviso", Subsystem: "email", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	times := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "aviso", Subsystem: "email", Name: name, Help: help,
			Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 14)}, labels)
		r.MustRegister(h)
		return h
	}
	stage := times("stage_seconds", "How long messages spend on admission, on waiting for a place at a relay, and on having their outcome stored.", "stage")
	return &Metrics{
		acceptedTotal: counter("accepted_total", "Messages admitted.", "channel"),
		refusedTotal:  counter("refused_total", "Calls refused, by the contract's code.", "code"),
		settledTotal:  counter("settled_total", "Messages by what they became; queued each time that they wait again.", "status"),
		attemptTotal:  counter("recipients_total", "Recipients tried, by relay and outcome.", "relay", "outcome"),
		credits:       counter("credits_total", "Credits charged and refunded.", "direction"),
		attemptTime:   times("attempt_seconds", "How long an attempt took, by relay.", "relay"),
		admitTime:     stage.WithLabelValues("admit"),
		placeTime:     stage.WithLabelValues("place"),
		settleTime:    stage.WithLabelValues("settle"),
	}
}

func (m *Metrics) refused(code string) { m.refusedTotal.WithLabelValues(code).Inc() }

func (m *Metrics) accepted(c Channel, charged int64, took time.Duration) {
	m.acceptedTotal.WithLabelValues(string(c)).Inc()
	m.credits.WithLabelValues("charged").Add(float64(charged))
	m.admitTime.Observe(took.Seconds())
}

// moved counts what a message has become, "" for no change, and what it cost less.
func (m *Metrics) moved(to Status, refunded int64) {
	if to != "" {
		m.settledTotal.WithLabelValues(string(to)).Inc()
	}
	m.credits.WithLabelValues("refunded").Add(float64(refunded))
}

func (m *Metrics) placed(took time.Duration)  { m.placeTime.Observe(took.Seconds()) }
func (m *Metrics) settled(took time.Duration) { m.settleTime.Observe(took.Seconds()) }

func (m *Metrics) attempt(relay string, r transport.Report) {
	m.attemptTime.WithLabelValues(relay).Observe(r.Duration.Seconds())
	for _, v := range r.Verdicts {
		m.attemptTotal.WithLabelValues(relay, v.Outcome.String()).Inc()
	}
}
