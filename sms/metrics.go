package sms

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/transport"
)

// Metrics are what the operator's monitoring sees of texts: what this node has
// done since it started. What waits is Numbers'.
type Metrics struct {
	acceptedTotal prometheus.Counter
	refusedTotal  *prometheus.CounterVec
	settledTotal  *prometheus.CounterVec
	segmentTotal  *prometheus.CounterVec
	receiptTotal  *prometheus.CounterVec
	sendTime      *prometheus.HistogramVec
	credits       *prometheus.CounterVec
	receivedTotal *prometheus.CounterVec
	pushTotal     *prometheus.CounterVec

	// How long the stages of a text take that are not the gateway's.
	admitTime, placeTime, settleTime, receiveTime prometheus.Observer
	pushTime                                      prometheus.Observer
}

// NewMetrics registers the metrics of texts with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "aviso", Subsystem: "sms", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	times := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "aviso", Subsystem: "sms", Name: name, Help: help,
			Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 14)}, labels)
		r.MustRegister(h)
		return h
	}
	stage := times("stage_seconds", "How long texts spend on admission, on waiting for a place at a gateway, on having their outcome stored, and on being taken in.", "stage")
	return &Metrics{
		acceptedTotal: counter("accepted_total", "Texts admitted.").WithLabelValues(),
		refusedTotal:  counter("refused_total", "Calls refused, by the contract's code.", "code"),
		settledTotal:  counter("settled_total", "Texts settled, by what they became.", "status"),
		segmentTotal:  counter("segments_total", "Segments submitted, by gateway and outcome.", "gateway", "outcome"),
		receiptTotal:  counter("receipts_total", "Receipts, by gateway and by what they were matched by.", "gateway", "match"),
		credits:       counter("credits_total", "Credits charged and refunded.", "direction"),
		receivedTotal: counter("received_total", "What gateways brought, by gateway: texts, parts that wait for others, and repetitions.", "gateway", "kind"),
		pushTotal:     counter("pushes_total", "Webhooks called, by the first digit of the answer's status; none if there was no answer.", "answer"),
		sendTime:      times("send_seconds", "How long a submission took, by gateway.", "gateway"),
		pushTime:      times("push_seconds", "How long a webhook took.").WithLabelValues(),
		admitTime:     stage.WithLabelValues("admit"),
		placeTime:     stage.WithLabelValues("place"),
		settleTime:    stage.WithLabelValues("settle"),
		receiveTime:   stage.WithLabelValues("receive"),
	}
}

func (m *Metrics) refused(code string) { m.refusedTotal.WithLabelValues(code).Inc() }

func (m *Metrics) accepted(charged int64, took time.Duration) {
	m.acceptedTotal.Inc()
	m.credits.WithLabelValues("charged").Add(float64(charged))
	m.admitTime.Observe(took.Seconds())
}

func (m *Metrics) placed(took time.Duration)  { m.placeTime.Observe(took.Seconds()) }
func (m *Metrics) settled(took time.Duration) { m.settleTime.Observe(took.Seconds()) }

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

func (m *Metrics) received(gateway, kind string, took time.Duration) {
	m.receivedTotal.WithLabelValues(gateway, kind).Inc()
	m.receiveTime.Observe(took.Seconds())
}

func (m *Metrics) pushed(r transport.PushReport) {
	answer := "none"
	if r.Status != 0 {
		answer = strconv.Itoa(r.Status/100) + "xx"
	}
	m.pushTotal.WithLabelValues(answer).Inc()
	m.pushTime.Observe(r.Duration.Seconds())
}
