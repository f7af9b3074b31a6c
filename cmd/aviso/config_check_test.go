package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wrong is configurations that must not start and everything that is said
// about them. FILE stands for the file's path, DIR for its folder.
var wrong = map[string]struct {
	text string
	want []string
}{
	"grammar": {"[log]\nlevel = \"info\"\n[http\n", []string{
		`FILE:3: expected ']' to close table name; mend this line's TOML`,
	}},
	"a key twice": {"[log]\nlevel = \"info\"\nlevel = \"warn\"\n", []string{
		`FILE:3: key level is already defined; mend this line's TOML`,
	}},
	"a secret without quotes": {"[stripe]\nsecret_key = 0sk_live_1\n", []string{
		`FILE:2: strings must be quoted; mend this line's TOML`,
	}},
	"unknown keys": {"typo = 1\n[http]\nlistn = \"\"\n[[email.relay]]\nname = \"a\"\nurl = \"sandbox:\"\npasword = \"secret\"\nname_file = \"x\"\n[htp]\nlisten = \"\"\n", []string{
		`FILE:1: typo: is no setting of Aviso; remove it`,
		`FILE:3: http.listn: is no setting of Aviso; did you mean listen?`,
		`FILE:7: email.relay[0].pasword: is no setting of Aviso; did you mean password?`,
		`FILE:8: email.relay[0].name_file: is no setting of Aviso; remove it`,
		`FILE:9: htp: is no setting of Aviso; did you mean http?`,
	}},
	"types": {"log = 1\n[http]\nlisten = 8080\nacme_domains = \"a\"\ntrusted_proxies = [\"10.0.0.0/8\", \"10.0.0.1\"]\n[email]\nsync_timeout = 5\nretry_for = \"soon\"\nrate_limit_per_minute = \"120\"\nbody_limit_kb = 0.5\nrelay = \"a\"\n[email.bundle]\nid = \"a\"\n[stripe]\nsecret_key = 17171717\nwebhook_secret = \"w\"\n", []string{
		`FILE:1: log: is a section; write it as [log] on a line of its own`,
		`FILE:3: http.listen: is a number; write a text in quotes`,
		`FILE:4: http.acme_domains: is a text; write a list in brackets`,
		`FILE:5: http.trusted_proxies: entry 2 cannot be understood; write it like "10.0.0.0/8"`,
		`FILE:7: email.sync_timeout: is a number; write "10s", "72h" or "400d" in quotes`,
		`FILE:8: email.retry_for: cannot be understood; write it like "10s", "72h" or "400d"`,
		`FILE:9: email.rate_limit_per_minute: is a text; write a whole number without quotes`,
		`FILE:10: email.body_limit_kb: is a number with a fraction; write a whole number without quotes`,
		`FILE:11: email.relay: is a list of sections; write each as [[email.relay]] on a line of its own`,
		`FILE:12: email.bundle: is a list of sections; write each as [[email.bundle]] on a line of its own`,
		`FILE:15: stripe.secret_key: is a number; write a text in quotes`,
	}},
	"listeners": {"[http]\nlisten = \"8080\"\n[sms_http]\nlisten = \"a b:1\"\n[smtp]\nlisten = \"localhost:65536\"\ntls_listen = \":465\"\n[metrics]\nlisten = \":465\"\n", []string{
		`FILE:2: http.listen: "8080" is no address to listen on; write it like "localhost:8080"`,
		`FILE:4: sms_http.listen: "a b" is no host to listen on; write a host name, an IP address or nothing before the colon`,
		`FILE:6: smtp.listen: "localhost:65536" is no address to listen on; write it like "localhost:8080"`,
		`FILE:9: metrics.listen: :465 is the address of smtp.tls_listen as well; choose another port`,
	}},
	"one listener, one host": {"[http]\npublic_url = \"https://a.example\"\n[sms_http]\nlisten = \"localhost:8080\"\npublic_url = \"https://A.example:8443\"\n", []string{
		`FILE:5: sms_http.public_url: one listener cannot tell email and SMS apart without two host names; set public_url of [http] and [sms_http] to different hosts, or use two ports`,
	}},
	"public URLs": {"[http]\npublic_url = \"https://u:secret@a.example/\"\n[sms_http]\npublic_url = \"ftp://a.example\"\n", []string{
		`FILE:2: http.public_url: is more than scheme and host; write it like "https://mail.example.org", without a slash at the end`,
		`FILE:4: sms_http.public_url: is no web address; write it like "https://mail.example.org"`,
	}},
	"certificates": {"[http]\ntls_cert = \"no.pem\"\nacme_domains = [\"a b\"]\n[smtp]\ntls_cert = \"no.pem\"\ntls_key = \"aviso.toml\"\n", []string{
		`FILE:2: http.tls_cert: tls_cert and tls_key go together; set both or neither`,
		`FILE:3: http.acme_domains: is set beside tls_cert; keep one of the two`,
		`FILE:5: smtp.tls_cert: DIR/no.pem cannot be read (no such file or directory); make the file readable or correct the path`,
	}},
	"fetched certificates": {"[http]\npublic_url = \"http://a.example\"\nacme_domains = [\"a.example\", \"192.0.2.1\"]\nacme_email = \"A <a@b.example>\"\nacme_directory = \"http://ca.example\"\nacme_ca = \"aviso.toml\"\n[sms_http]\npublic_url = \"https://b.example\"\n", []string{
		`FILE:2: http.public_url: is http, and with acme_domains the listener speaks TLS; write https`,
		`FILE:3: http.acme_domains: "192.0.2.1" is an address, and certificates are for names; write names such as "mail.example.org"`,
		`FILE:4: http.acme_email: is no email address; write it like "you@example.org"`,
		`FILE:5: http.acme_directory: is http, and the protocol is for https alone; write https`,
		`FILE:6: http.acme_ca: DIR/aviso.toml holds no certificate; give a PEM file`,
		`FILE:8: sms_http.public_url: b.example is not in acme_domains, so that there would be no certificate for it; add it there`,
	}},
	"a certificate for any host": {"[http]\nacme_domains = [\"a.example\", \"*.a.example\"]\n", []string{
		`FILE:2: http.acme_domains: "*.a.example" is no host name; write names such as "mail.example.org"`,
	}},
	"a certificate for no host": {"[http]\nacme_domains = [\"localhost\"]\n", []string{
		`FILE:2: http.acme_domains: "localhost" is no host name; write names such as "mail.example.org"`,
	}},
	"an ACME directory with credentials": {"[http]\nacme_domains = [\"a.example\"]\nacme_directory = \"https://u:secret@ca.example\"\nacme_ca = \"no.pem\"\n", []string{
		`FILE:3: http.acme_directory: holds credentials; move them to the keys meant for them`,
		`FILE:4: http.acme_ca: DIR/no.pem cannot be read (no such file or directory); make the file readable or correct the path`,
	}},
	"not a certificate": {"[smtp]\ntls_cert = \"aviso.toml\"\ntls_key = \"aviso.toml\"\n", []string{
		`FILE:2: smtp.tls_cert: cannot be used with tls_key (failed to find any PEM data in certificate input); give the PEM files of one certificate and its key`,
	}},
	"SQLite": {"[database]\nurl = \"sqlite:\"\n[secrets]\nkey_path = \".\"\n", []string{
		`FILE:2: database.url: names no file; write it like "sqlite:data/aviso.db"`,
		`FILE:4: secrets.key_path: the secret key DIR cannot be read (is a directory); PostgreSQL's nodes need the same readable key`,
	}},
	"SQLite has no password": {"[database]\npassword = \"secret\"\n", []string{
		`FILE:2: database.password: a SQLite file has no password; remove it`,
	}},
	"PostgreSQL": {"[database]\nurl = \"postgres://u:secret@db.example/\"\npassword = \"secret\"\npassword_file = \"secret\"\n[secrets]\nkey_path = \"no\"\n", []string{
		`FILE:2: database.url: names no database; write it like "postgres://user@host/db"`,
		`FILE:3: database.password: is set beside the password in url; keep one of the two`,
		`FILE:4: database.password_file: is set beside the value itself; keep one of the two`,
		`FILE:6: secrets.key_path: the secret key DIR/no cannot be read (no such file or directory); PostgreSQL's nodes need the same readable key`,
	}},
	"no database": {"[database]\nurl = \"mysql://u:secret@h:port/db\"\n[secrets]\nkey_path = \"aviso.toml\"\n", []string{
		`FILE:2: database.url: is no database; write "sqlite:data/aviso.db" or "postgres://user@host/db"`,
	}},
	"password file": {"[database]\nurl = \"postgres://h/db\"\npassword_file = \"no\"\n[secrets]\nkey_path = \"\"\n", []string{
		`FILE:3: database.password_file: no cannot be read (no such file or directory); make the file readable or correct the path`,
		`FILE:5: secrets.key_path: is empty; name the file that holds the secret key`,
	}},
	"accounts": {"[accounts]\nregistration = \"all\"\nfree_shortcodes = 6\nemail_starter_credits = -1\n", []string{
		`FILE:2: accounts.registration: "all" is not possible; write open, invite or closed`,
		`FILE:3: accounts.free_shortcodes: Prime would have fewer shortcodes (5) than a free account (6); raise prime_shortcodes`,
		`FILE:4: accounts.email_starter_credits: -1 is out of range; write 0 to 1000000000000`,
	}},
	"email": {"[email]\ndomain = \"a b\"\nsync_timeout = \"61s\"\nretry_initial = \"2h\"\nrate_limit_per_minute = 1201\nbody_limit_kb = 0\n", []string{
		`FILE:2: email.domain: "a b" is no domain; write it like "example.org"`,
		`FILE:3: email.sync_timeout: 1m1s is out of range; write 1s to 1m`,
		`FILE:4: email.retry_initial: retry_initial (2h), retry_max (1h) and retry_for (1d) do not rise; put them in that order`,
		`FILE:5: email.rate_limit_per_minute: 1201 is out of range; write 0 to 1200`,
		`FILE:6: email.body_limit_kb: 0 is out of range; write 1 to 4096`,
	}},
	"relays": {"[[email.relay]]\nname = \"A\"\nurl = \"smtp://u:secret@h\"\nusername = \"u\"\n[[email.relay]]\n[[email.relay]]\nname = \"b\"\nurl = \"sandbox:\"\nmax_connections = 1001\n[[email.relay]]\nurl = \"smtps://h\"\nname = \"b\"\ndaily_cap = -1\n", []string{
		`FILE:2: email.relay[0].name: "A" is no name; write lower-case letters and digits, a letter first`,
		`FILE:3: email.relay[0].url: a relay's URL holds no user or password; set username and password (as in "smtp://host:587?tls=starttls", "smtps://host:465" or "sandbox:")`,
		`FILE:4: email.relay[0].username: username and password go together; set both or neither`,
		`FILE:5: email.relay[1].name: is missing; give it a name, such as "primary"`,
		`FILE:5: email.relay[1].url: is missing; write it like "smtp://host:587"`,
		`FILE:9: email.relay[2].max_connections: 1001 is out of range; write 1 to 1000`,
		`FILE:12: email.relay[3].name: "b" is taken already; choose another`,
		`FILE:13: email.relay[3].daily_cap: -1 is out of range; write 0 to 1000000000000`,
	}},
	"relays in one line": {"[email]\nrelay = [{name = \"a\", url = \"sandbox:\"},\n  {name = \"a\", url = \"sandbox:\"}]\n", []string{
		`FILE:3: email.relay[1].name: "a" is taken already; choose another`,
	}},
	"prices": {"[[email.bundle]]\nid = \"unlimited\"\ncredits = 0\nprice = 0\ncurrency = \"USD\"\n[[sms.bundle]]\n[prime]\nprice = -1\ngrace = \"-1h\"\n[email.unlimited]\nprice = 100000000\n", []string{
		`FILE:2: email.bundle[0].id: "unlimited" is taken already; choose another`,
		`FILE:3: email.bundle[0].credits: 0 is out of range; write 1 to 1000000000000`,
		`FILE:4: email.bundle[0].price: 0 is out of range; write 1 to 99999999`,
		`FILE:5: email.bundle[0].currency: "USD" is no currency; write its three letters, such as "usd"`,
		`FILE:6: sms.bundle[0].id: is missing; give it an id, such as "10k"`,
		`FILE:6: sms.bundle[0].credits: 0 is out of range; write 1 to 1000000000000`,
		`FILE:6: sms.bundle[0].price: 0 is out of range; write 1 to 99999999`,
		`FILE:8: prime.price: -1 is out of range; write 1 to 99999999`,
		`FILE:9: prime.grace: cannot be understood; write it like "10s", "72h" or "400d"`,
		`FILE:11: email.unlimited.price: 100000000 is out of range; write 1 to 99999999`,
	}},
	"SMS": {"[sms]\nsender = \"\"\ncountry = \"gb\"\ncountries = []\nsync_timeout = \"0s\"\nwebhook_allow = [1]\n", []string{
		`FILE:2: sms.sender: "" is no sender; write a number such as "+2899682626" or up to 11 letters, digits and spaces`,
		`FILE:3: sms.country: "gb" is no country; write its letters or its calling code, such as "GB" or "+44"`,
		`FILE:4: sms.countries: is empty, so that nobody could be written to; write ["*"] for all`,
		`FILE:5: sms.sync_timeout: 0s is out of range; write 1s to 1m`,
		`FILE:6: sms.webhook_allow: entry 1 is a number; write "10.0.0.0/8" in quotes`,
	}},
	"gateways": {"[[sms.gateway]]\nname = \"a\"\nkind = \"pigeon\"\n[[sms.gateway]]\nname = \"b\"\nkind = \"smpp\"\nurl = \"smpp://u:secret@h:1\"\n[[sms.gateway]]\nname = \"c\"\nkind = \"twilio\"\nusername = \"u\"\n[[sms.gateway]]\nname = \"d\"\nkind = \"smsgate\"\nusername = \"u\"\npassword = \"p\"\nbind = \"both\"\nsystem_type = \"more than twelve\"\n", []string{
		`FILE:3: sms.gateway[0].kind: "pigeon" is not possible; write smpp, twilio, smsgate or sandbox`,
		`FILE:4: sms.gateway[1].username: is missing; a gateway of kind smpp needs one`,
		`FILE:7: sms.gateway[1].url: holds credentials; move them to username and password`,
		`FILE:8: sms.gateway[2].password: is missing; a gateway of kind twilio needs one`,
		`FILE:12: sms.gateway[3].url: is no web address; write it like "https://api.example.org"`,
		`FILE:17: sms.gateway[3].bind: "both" is not possible; write transceiver, separate, transmitter or receiver`,
		`FILE:18: sms.gateway[3].system_type: is longer than SMPP allows; write at most 12 characters`,
	}},
	"the rest": {"[stripe]\nsecret_key = \"sk\"\napi_base = \"http://u:secret@h\"\n[retention]\nlogs = \"2d\"\nsandbox = 0\n[log]\nlevel = \"trace\"\nformat = \"xml\"\n", []string{
		`FILE:2: stripe.secret_key: secret_key and webhook_secret go together, or what is paid would never be credited; set both or neither`,
		`FILE:3: stripe.api_base: holds credentials; move them to the keys meant for them`,
		`FILE:5: retention.logs: bodies (7d) would outlive their log (2d); shorten bodies`,
		`FILE:6: retention.sandbox: 0 is out of range; write 1 to 1000000`,
		`FILE:8: log.level: "trace" is not possible; write debug, info, warn or error`,
		`FILE:9: log.format: "xml" is not possible; write text or json`,
	}},
}

func TestWrongFiles(t *testing.T) {
	for name, test := range wrong {
		t.Run(name, func(t *testing.T) {
			path := configFile(t, test.text)
			c, warnings, err := loadConfig(path, nil)
			if err == nil {
				t.Fatal("it was taken")
			}
			if c != nil {
				t.Error("a configuration came with the error")
			}
			said := err.Error() + strings.Join(warnings, "\n")
			if strings.Contains(said, "u:secret") || strings.Contains(said, "\"secret\"") || strings.Contains(said, "17171717") || strings.Contains(said, "sk_live") {
				t.Errorf("a secret is quoted: %s", said)
			}
			want := strings.NewReplacer("FILE", path, "DIR", filepath.Dir(path)).Replace(strings.Join(test.want, "\n"))
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestWrongVariables(t *testing.T) {
	path := configFile(t, "[email]\nrate_limit_per_minute = 5000\n[[email.relay]]\nname = \"primary\"\nurl = \"sandbox:\"\n")
	_, _, err := loadConfig(path, []string{
		"AVISO_HTTP_LISTEN=8080",
		"AVISO_EMAIL_SYNC_TIMEOUT=secret",
		"AVISO_EMAIL_RELAY_PRIMARY_MAX_CONNECTIONS=many",
		"AVISO_EMAIL_RELAY_PRIMARY_URL=smtp://u:secret@h",
		"AVISO_HTTP_TRUSTED_PROXIES=10.0.0.1",
		"AVISO_DATABASE_PASSWORD=secret", "AVISO_DATABASE_PASSWORD_FILE=secret",
		"AVISO_STRIPE_SECRET_KEY_FILE=no",
	})
	if err == nil {
		t.Fatal("it was taken")
	}
	want := strings.Split(path+`:2: email.rate_limit_per_minute: 5000 is out of range; write 0 to 1200
AVISO_DATABASE_PASSWORD: database.password: is set beside AVISO_DATABASE_PASSWORD_FILE; unset one of the two
AVISO_EMAIL_RELAY_PRIMARY_MAX_CONNECTIONS: email.relay[0].max_connections: is no whole number; write one such as 120
AVISO_EMAIL_RELAY_PRIMARY_URL: email.relay[0].url: a relay's URL holds no user or password; set username and password (as in "smtp://host:587?tls=starttls", "smtps://host:465" or "sandbox:")
AVISO_EMAIL_SYNC_TIMEOUT: email.sync_timeout: cannot be understood; write it like "10s", "72h" or "400d"
AVISO_HTTP_LISTEN: http.listen: "8080" is no address to listen on; write it like "localhost:8080"
AVISO_HTTP_TRUSTED_PROXIES: http.trusted_proxies: entry 1 cannot be understood; write it like "10.0.0.0/8"
AVISO_STRIPE_SECRET_KEY_FILE: stripe.secret_key: no cannot be read (no such file or directory); make the file readable or correct the path`, "\n")
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestNoFile(t *testing.T) {
	if _, _, err := loadConfig("/no/aviso.toml", nil); err == nil ||
		err.Error() != "/no/aviso.toml: cannot be read (no such file or directory); name a readable file with --config" {
		t.Errorf("got %v", err)
	}
	if _, _, err := loadConfig("", []string{"AVISO_LOG_LEVEL=loud"}); err == nil ||
		err.Error() != `AVISO_LOG_LEVEL: log.level: "loud" is not possible; write debug, info, warn or error` {
		t.Errorf("got %v", err)
	}
}
