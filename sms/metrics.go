package sms

import (
	"github.com/prometheus/client_golang/prometheus"

	"aviso/transport"
)

// Metrics are what the operator's monitoring sees of texts.
type Metrics struct {
	acceptedTotal prometheus.Counter
	refusedTotal  *prometheus.CounterVec
	settledTotal  *prometheus.CounterVec
	segmentTotal  *prometheus.CounterVec
	receiptTotal  *prometheus.CounterVec
	sendTime      *prometheus.HistogramVec
	credits       *prometheus.CounterVec
}

// NewMetrics registers the metrics of texts with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "aviso", Subsystem: "sms", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	m := &Metrics{
		acceptedTotal: counter("accepted_total", "Texts admitted.").WithLabelValues(),
		refusedTotal:  counter("refused_total", "Calls refused, by the contract's code.", "code"),
		settledTotal:  counter("settled_total", "Texts settled, by what they became.", "status"),
		segmentTotal:  counter("segments_total", "Segments submitted, by gateway and outcome.", "gateway", "outcome"),
		receiptTotal:  counter("receipts_total", "Receipts, by gateway and by what they were matched by.", "gateway", "match"),
		credits:       counter("credits_total", "Credits charged and refunded.", "direction"),
		sendTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "aviso", Subsystem: "sms", Name: "send_seconds",
			Help: "How long a submission took, by gateway.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 14)}, []string{"gateway"}),
	}
	r.MustRegister(m.sendTime)
	return m
}

func (m *Metrics) accepted()           { m.acceptedTotal.Inc() }
func (m *Metrics) refused(code string) { m.refusedTotal.WithLabelValues(code).Inc() }
func (m *Metrics) charged(n int64)     { m.credits.WithLabelValues("charged").Add(float64(n)) }

func (m *Metrics) submitted(gateway string, r transport.TextReport) {
	m.sendTime.WithLabelValues(gateway).Observe(r.Duration.Seconds())
	for _, v := range r.Verdicts {
		m.segmentTotal.WithLabelValues(gateway, v.Outcome.String()).Inc()
	}
}

func (m *Metrics) receipt(gateway, by string) { m.receiptTotal.WithLabelValues(gateway, by).Inc() }

// moved counts what a text has become, "" for no change, and what it cost less.
func (m *Metrics) moved(to Status, refunded int64) {
	if to != "" {
		m.settledTotal.WithLabelValues(string(to)).Inc()
	}
	m.credits.WithLabelValues("refunded").Add(float64(refunded))
}
