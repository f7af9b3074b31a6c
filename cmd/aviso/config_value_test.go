package main

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for text, want := range map[string]struct {
		d     time.Duration
		shown string
	}{
		"10s":    {10 * time.Second, "10s"},
		"90s":    {90 * time.Second, "1m30s"},
		"10m":    {10 * time.Minute, "10m"},
		"20m0s":  {20 * time.Minute, "20m"},
		"1h":     {time.Hour, "1h"},
		"10h":    {10 * time.Hour, "10h"},
		"36h":    {36 * time.Hour, "36h"},
		"72h":    {72 * time.Hour, "3d"},
		"400d":   {400 * day, "400d"},
		"1d12h":  {36 * time.Hour, "36h"},
		"0s":     {0, "0s"},
		"0d":     {0, "0s"},
		"1.5h":   {90 * time.Minute, "1h30m"},
		"65535d": {65535 * day, "65535d"},
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want.d || d.String() != want.shown {
			t.Errorf("%s is %s (%d), %v", text, d, d, err)
		}
		var again Duration
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%s is read back as %s, %v", d, again, err)
		}
	}
	for _, text := range []string{"", "d", "10", "10 s", "-1h", "-1d", "1d-1h", "1.5d", "65536d", "65535d2000000h", "1h1d", "1dd", "soon", "1d "} {
		d := Duration(42)
		if err := d.UnmarshalText([]byte(text)); err == nil || d != 42 {
			t.Errorf("%q is taken as %s", text, d)
		}
	}
}

func TestURLMasks(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"sandbox:":                     "sandbox:",
		"sqlite:/a b/100%.db?x":        "sqlite:/a b/100%.db?x",
		"https://h:1/p?q=1":            "https://h:1/p?q=1",
		"postgres://u@h/db":            "postgres://u@h/db",
		"postgres://u:p%40@h/db":       "postgres://u:********@h/db",
		"postgres://u:@h/db":           "postgres://u:********@h/db",
		"postgres://h/db?password=p&a": "postgres://h/db?a=&password=********",
		"postgres://u:p@h:x/db":        "********",
	} {
		if got := URL(in).String(); got != want {
			t.Errorf("%s is shown as %s, want %s", in, got, want)
		}
	}
}

func TestBaseURLs(t *testing.T) {
	for _, test := range []struct {
		public URL
		addr   string
		cert   Path
		want   string
	}{
		{"", "localhost:8080", "", "http://localhost:8080"},
		{"", "localhost:80", "", "http://localhost"},
		{"", "[::1]:80", "", "http://[::1]"},
		{"", "[::1]:8080", "", "http://[::1]:8080"},
		{"", ":8080", "", "http://localhost:8080"},
		{"", "0.0.0.0:443", "c", "https://localhost"},
		{"", "[::]:8443", "c", "https://localhost:8443"},
		{"", "10.1.2.3:80", "c", "https://10.1.2.3:80"},
		{"https://a.example", "10.1.2.3:80", "", "https://a.example"},
	} {
		c := Config{HTTP: HTTPConfig{PublicURL: test.public, TLSCert: test.cert}}
		if got := c.httpURL(test.addr); got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
		c = Config{SMSHTTP: SMSHTTPConfig{PublicURL: test.public}, HTTP: HTTPConfig{TLSCert: test.cert}}
		if got := c.smsURL(test.addr); got != test.want {
			t.Errorf("SMS, %+v: got %s", test, got)
		}
	}
}
