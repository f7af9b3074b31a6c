package main

import (
	"strings"
	"testing"
)

func TestDemoIsForThisMachine(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		key    string // "" if it may start
	}{
		{func(*Config) {}, ""},
		{func(c *Config) { c.HTTP.Listen = "127.0.0.1:0" }, ""},
		{func(c *Config) { c.HTTP.Listen = "[::1]:8080" }, ""},
		{func(c *Config) { c.HTTP.Listen = ":8080" }, "http.listen"},
		{func(c *Config) { c.SMSHTTP.Listen = "0.0.0.0:8081" }, "sms_http.listen"},
		{func(c *Config) { c.SMTP.Listen = "192.0.2.1:2587" }, "smtp.listen"},
		{func(c *Config) { c.SMTP.TLSListen = "[::]:2465" }, "smtp.tls_listen"},
		{func(c *Config) { c.Metrics.Listen = "mail.example.com:9090" }, "metrics.listen"},
	} {
		config := defaults()
		c.change(&config)
		if err := checkDemo(&config); (err == nil) != (c.key == "") || err != nil && !strings.HasPrefix(err.Error(), c.key+": ") {
			t.Errorf("%q: %v", c.key, err)
		}
	}
}

// A demo sells for nothing, whatever keys its configuration has.
func TestDemoSellsForNothing(t *testing.T) {
	config := defaults()
	config.Stripe.SecretKey = "sk_live_1"
	for demo, want := range map[bool]string{true: "sandbox", false: "stripe"} {
		if mode := newShop(&config, nil, "http://localhost:8080", demo, nil).Mode(); mode != want {
			t.Errorf("demo %t: %s", demo, mode)
		}
	}
}
