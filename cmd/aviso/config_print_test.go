package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// full sets every kind of value, and "hunter2" wherever a secret may stand.
const full = `
[http]
tls_cert = "cert.pem"
tls_key = "key.pem"
trusted_proxies = ["10.0.0.0/8", "fd00::/8"]
[database]
url = "postgres://aviso:hunter2@db.example/aviso?sslmode=verify-full&sslpassword=hunter2"
[secrets]
key_path = "key.pem"
[email]
bundle = []
retry_for = "36h"
[[email.relay]]
name = "primary"
url = "smtps://mail.example.org"
username = "it's"
password = "hunter2"
[[email.relay]]
name = "second"
url = "sandbox:"
[[sms.gateway]]
name = "carrier"
kind = "twilio"
username = "AC1"
password = "hunter2"
signing_key = "hunter2"
[stripe]
secret_key = "hunter2"
webhook_secret = "hunter2"
`

// fullFile is full with the files that it names.
func fullFile(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<32, 0)}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := configFile(t, full)
	folder := filepath.Dir(path)
	writeFile(t, filepath.Join(folder, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	writeFile(t, filepath.Join(folder, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	return path
}

var samePrefix = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

func TestPrintIsLoadableAndMasked(t *testing.T) {
	c := loaded(t, fullFile(t))
	var text bytes.Buffer
	if err := c.print(&text); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), "hunter2") {
		t.Fatalf("a secret is printed:\n%s", &text)
	}
	if got := strings.Count(text.String(), mask); got != 7 {
		t.Errorf("%d masks, want 7:\n%s", got, &text)
	}
	if c.Stripe.SecretKey != "hunter2" || c.Email.Relay[0].Password != "hunter2" || c.SMS.Gateway[0].Password != "hunter2" {
		t.Error("printing changed the configuration")
	}

	again, warnings, err := loadConfig(configFile(t, text.String()), nil)
	if err != nil {
		t.Fatalf("what is printed cannot be loaded: %v\n%s", err, &text)
	}
	if len(warnings) != 5 {
		t.Errorf("warnings of masks: %q", warnings)
	}
	if diff := cmp.Diff(c.masked(), again, samePrefix); diff != "" {
		t.Errorf("print and load differ (-printed +loaded):\n%s", diff)
	}
}

func TestPrintJSON(t *testing.T) {
	var text bytes.Buffer
	if err := loaded(t, fullFile(t)).printJSON(&text); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Email struct {
			Sync  string `json:"sync_timeout"`
			Relay []struct{ Name, Password string }
		}
		HTTP struct {
			Proxies []string `json:"trusted_proxies"`
		}
	}
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), "hunter2") || got.Email.Sync != "10s" || got.Email.Relay[0].Name != "primary" ||
		got.Email.Relay[0].Password != mask || got.HTTP.Proxies[1] != "fd00::/8" {
		t.Errorf("got %s", &text)
	}
}

func TestLogsHideSecrets(t *testing.T) {
	c := loaded(t, fullFile(t))
	var text bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "password", c.Email.Relay[0].Password, "url", c.Database.URL, "all", c)
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "password", c.Email.Relay[0].Password, "url", c.Database.URL, "all", c)
	fmt.Fprintf(&text, "%v %+v %#v %s %q", c, c, c, c.Stripe, c.Database)
	if strings.Contains(text.String(), "hunter2") {
		t.Errorf("a secret is logged: %s", &text)
	}
	if !strings.Contains(text.String(), "postgres://aviso:"+mask+"@db.example/aviso") {
		t.Errorf("the URL is not recognisable: %s", &text)
	}
}
