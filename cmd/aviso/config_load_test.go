package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// configFile writes a configuration into a folder of its own.
func configFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aviso.toml")
	writeFile(t, path, text)
	return path
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// loaded is a configuration that has to be right, without a warning.
func loaded(t *testing.T, path string, environ ...string) *Config {
	t.Helper()
	c, warnings, err := loadConfig(path, environ)
	if err != nil {
		t.Fatalf("loadConfig: %v", err)
	}
	if len(warnings) > 0 {
		t.Fatalf("warnings: %q", warnings)
	}
	return c
}

// uncommented is the example with its commented sections in force.
func uncommented(example string) string {
	lines := strings.Split(example, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "# ") && line != "#" {
			lines[i] = line[1:]
		}
	}
	return strings.Join(lines, "\n")
}

const exampleFile = "../../aviso.example.toml"

func TestExampleIsTheDefaults(t *testing.T) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	path := configFile(t, string(example))
	got := loaded(t, path)
	t.Chdir(filepath.Dir(path))
	if diff := cmp.Diff(loaded(t, ""), got); diff != "" {
		t.Errorf("the example changes defaults (-default +example):\n%s", diff)
	}
}

func TestExampleShowsEveryKey(t *testing.T) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	text := uncommented(string(example))
	values, origins, bad := parseFile([]byte(text))
	if bad != nil {
		t.Fatalf("%+v in %v", bad, values)
	}
	c := loaded(t, configFile(t, text))
	for leaf := range leaves(reflect.ValueOf(c).Elem(), "") {
		if _, shown := origins[leaf.key]; !shown {
			t.Errorf("%s is not in the example", leaf.key)
		}
	}

	relay := RelayConfig{Name: "primary", URL: "smtp://host:587?tls=starttls"}
	relay.setDefaults()
	if diff := cmp.Diff([]RelayConfig{relay}, c.Email.Relay); diff != "" {
		t.Errorf("the example's relay changes defaults (-default +example):\n%s", diff)
	}
	gateway := GatewayConfig{Name: "carrier", Kind: "smpp", URL: "smpp://host:2775", Username: "aviso"}
	gateway.setDefaults()
	if diff := cmp.Diff([]GatewayConfig{gateway}, c.SMS.Gateway); diff != "" {
		t.Errorf("the example's gateway changes defaults (-default +example):\n%s", diff)
	}
}

func TestPathsBeginAtTheFile(t *testing.T) {
	path := configFile(t, "[secrets]\nkey_path = \"keys/a\"\n[database]\nurl = \"sqlite:here.db\"\n")
	folder := filepath.Dir(path)
	t.Chdir(t.TempDir())
	c := loaded(t, path)
	if want := filepath.Join(folder, "keys/a"); string(c.Secrets.KeyPath) != want {
		t.Errorf("key_path = %s, want %s", c.Secrets.KeyPath, want)
	}
	if got, _ := c.Database.sqlitePath(); got != filepath.Join(folder, "here.db") {
		t.Errorf("database at %s, want it in %s", got, folder)
	}
}

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	path := configFile(t, `
[http]
listen = "localhost:1"
trusted_proxies = ["192.0.2.0/24"]
[email]
sync_timeout = "5s"
rate_limit_per_minute = 7
[[email.relay]]
name = "primary"
url = "smtp://one.example"
username = "u"
password = "from the file"
[[email.relay]]
name = "second"
url = "smtp://two.example"
[[email.bundle]]
id = "big-one"
credits = 5
price = 5
[[sms.gateway]]
name = "carrier"
kind = "smpp"
url = "smpp://host:2775"
username = "u"
`)
	c := loaded(t, path,
		"AVISO_HTTP_LISTEN=localhost:2",
		"AVISO_HTTP_TRUSTED_PROXIES=10.0.0.0/8, fd00::/8",
		"AVISO_EMAIL_SYNC_TIMEOUT=20s",
		"AVISO_EMAIL_RELAY_PRIMARY_PASSWORD=from the environment",
		"AVISO_EMAIL_BUNDLE_BIG_ONE_PRICE=9",
		"AVISO_SMS_GATEWAY_CARRIER_PASSWORD==it begins so",
		"AVISO_SMS_COUNTRIES=GB",
		"PATH=/bin",
	)
	got := []any{
		c.HTTP.Listen, c.HTTP.TrustedProxies[0].String(), c.HTTP.TrustedProxies[1].String(),
		c.Email.SyncTimeout.String(), c.Email.RateLimitPerMinute,
		string(c.Email.Relay[0].Password), string(c.Email.Relay[1].Password),
		c.Email.Bundle[0].Price, string(c.SMS.Gateway[0].Password), c.SMS.Countries[0],
	}
	want := []any{
		"localhost:2", "10.0.0.0/8", "fd00::/8",
		"20s", 7,
		"from the environment", "",
		int64(9), "=it begins so", "GB",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValuesFromFiles(t *testing.T) {
	path := configFile(t, `
[database]
url = "postgres://aviso@db.example/aviso"
password_file = "pw"
[secrets]
key_path = "key"
[stripe]
secret_key_file = "stripe"
webhook_secret = "whsec"
`)
	folder := filepath.Dir(path)
	writeFile(t, filepath.Join(folder, "pw"), "two\nlines\n")
	writeFile(t, filepath.Join(folder, "stripe"), "sk\r\n")
	writeFile(t, filepath.Join(folder, "key"), "k")
	writeFile(t, filepath.Join(folder, "limit"), "60\n")
	writeFile(t, filepath.Join(folder, "hook"), "no line end")
	c := loaded(t, path,
		"AVISO_EMAIL_RATE_LIMIT_PER_MINUTE_FILE=limit",
		"AVISO_STRIPE_WEBHOOK_SECRET_FILE="+filepath.Join(folder, "hook"))
	got := []any{string(c.Database.Password), string(c.Stripe.SecretKey), string(c.Stripe.WebhookSecret), c.Email.RateLimitPerMinute}
	if diff := cmp.Diff([]any{"two\nlines", "sk", "no line end", 60}, got); diff != "" {
		t.Error(diff)
	}
	if c = loaded(t, path, "AVISO_DATABASE_PASSWORD=direct"); c.Database.Password != "direct" {
		t.Error("password_file won over the environment")
	}
}

func TestUnknownVariablesWarn(t *testing.T) {
	_, warnings, err := loadConfig("", []string{
		"AVISO_HTTP_LISTN=secret", "AVISO_EMAIL_RELAY_NOBODY_PASSWORD=secret", "AVISO_ZZZ=secret", "AVISOS=1", "NAME=1",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"AVISO_EMAIL_RELAY_NOBODY_PASSWORD: is no setting of Aviso and was ignored",
		"AVISO_HTTP_LISTN: is no setting of Aviso and was ignored; did you mean AVISO_HTTP_LISTEN?",
		"AVISO_ZZZ: is no setting of Aviso and was ignored",
	}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
}

func TestWarnings(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"plain http abroad": {
			"[http]\nlisten = \":8080\"\npublic_url = \"http://mail.example.org\"\n",
			"FILE:3: http.public_url: passwords and keys travel unencrypted to http://mail.example.org; set tls_cert, acme_domains, or the https URL of the proxy in front",
		},
		"an ACME directory for nobody": {
			"[http]\nacme_email = \"you@example.org\"\n",
			"FILE:1: http.acme_domains: is empty, so that no certificate is fetched and the other acme_ settings do nothing",
		},
		"a printed secret": {
			"[stripe]\nsecret_key = \"********\"\nwebhook_secret = \"whsec\"\n",
			"FILE:2: stripe.secret_key: is the mask of a printed configuration; write the secret itself",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := configFile(t, test.text)
			_, warnings, err := loadConfig(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{strings.ReplaceAll(test.want, "FILE", path)}, warnings); diff != "" {
				t.Error(diff)
			}
		})
	}
}
