package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"aviso/email"
	"aviso/sms"
)

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
