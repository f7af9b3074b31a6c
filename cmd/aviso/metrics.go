package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"aviso/email"
	"aviso/sms"
)

// exposition answers scrapes of the registry. What cannot be told just now is
// left out.
func exposition(r prometheus.Gatherer, log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4})
}

// registerRelays shows whether each relay could be reached when it was tried
// last.
func registerRelays(metrics prometheus.Registerer, relays []*email.Relay) {
	for _, r := range relays {
		registerUp(metrics, "email", "relay", r.Name, func() bool { return r.Up == nil || r.Up() })
	}
}

// registerGateways shows the same of the gateways.
func registerGateways(metrics prometheus.Registerer, gateways []*sms.Gateway) {
	for _, g := range gateways {
		registerUp(metrics, "sms", "gateway", g.Name, func() bool { return g.Health == nil || g.Health().Up })
	}
}

func registerUp(metrics prometheus.Registerer, product, kind, name string, up func() bool) {
	metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "aviso", Subsystem: product, Name: kind + "_up",
		Help: "1 while the " + kind + " can be expected to answer, as this node sees it.", ConstLabels: prometheus.Labels{kind: name}},
		func() float64 {
			if up() {
				return 1
			}
			return 0
		}))
}

// waiting shows what waits in the database, which is asked at each scrape: every
// node shows the same. Without the database these metrics are missing, the
// others are not.
type waiting struct {
	email *email.Service
	texts *sms.Service
	now   func() time.Time
}

// scrapePatience is less than the 10 s after which Prometheus gives up.
const scrapePatience = 5 * time.Second

func describe(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("aviso_"+name, help, nil, nil)
}

var (
	emailQueued    = describe("email_queued", "Messages in the queue of the installation.")
	emailQueueAge  = describe("email_queue_age_seconds", "How long ago the oldest message in the queue was accepted; 0 if it is empty.")
	emailUnknown   = describe("email_unknown", "Messages whose fate is unknown, counted to 10,000.")
	textsUnknown   = describe("sms_unknown", "Texts whose fate is unknown, counted to 10,000.")
	pushesWaiting  = describe("sms_pushes_waiting", "Webhooks that are to be called, counted to 10,000.")
	pushesQueueAge = describe("sms_push_age_seconds", "How long ago the oldest of them was due; 0 if there is none.")
)

// Describe implements prometheus.Collector.
func (w *waiting) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{emailQueued, emailQueueAge, emailUnknown, textsUnknown, pushesWaiting, pushesQueueAge} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (w *waiting) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	tell := func(err error, values map[*prometheus.Desc]float64) {
		for d, value := range values {
			if err != nil {
				to <- prometheus.NewInvalidMetric(d, err)
				continue
			}
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
		}
	}
	mail, err := w.email.Numbers(ctx)
	tell(err, map[*prometheus.Desc]float64{emailQueued: float64(mail.Queued), emailQueueAge: w.age(mail.OldestQueuedAt), emailUnknown: float64(mail.Unknown)})
	texts, err := w.texts.Numbers(ctx)
	tell(err, map[*prometheus.Desc]float64{textsUnknown: float64(texts.Unknown)})
	pushes, err := w.texts.Backlog(ctx)
	tell(err, map[*prometheus.Desc]float64{pushesWaiting: float64(pushes.Pushes), pushesQueueAge: w.age(pushes.OldestAt)})
}

// age is how many seconds ago a moment was; 0 for none.
func (w *waiting) age(at int64) float64 {
	if at == 0 {
		return 0
	}
	return max(0, w.now().Sub(time.UnixMilli(at)).Seconds())
}
