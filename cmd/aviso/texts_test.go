package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

// What the file says of texts is what the service is made with.
func TestTextsAreConfigured(t *testing.T) {
	a := &app{config: loaded(t, configFile(t, `
[sms]
sender = "+14155551212"
sync_timeout = "7s"
country = "GB"
countries = ["GB", "FR"]
auto_replies_per_hour = 9
help_text = "Help yourself."
[accounts]
free_shortcodes = 2
prime_shortcodes = 11
sms_starter_credits = 123
[prime]
grace = "5h"
[retention]
logs = "240h"
`))}
	made, err := a.smsConfig(nil, nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	in := made.Inbound
	got := []any{made.Sender, made.SyncTimeout, made.KeepLogs, in.Country, in.Limits.Countries, in.RepliesPerHour, in.HelpText,
		in.FreeShortcodes, in.PrimeShortcodes, in.PrimeGrace, in.StarterCredits}
	want := []any{"+14155551212", 7 * time.Second, 240 * time.Hour, "GB", []string{"GB", "FR"}, 9, "Help yourself.",
		2, 11, 5 * time.Hour, int64(123)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
