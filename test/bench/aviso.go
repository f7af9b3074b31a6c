package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// creditsEach is what every account gets, more than a benchmark can spend.
const creditsEach = 10_000_000

// installation is one Aviso: a directory with its configuration, and a database.
type installation struct {
	name     string
	dir      string
	binary   string
	http     string // address of the API
	sms      string // address of the SMS API
	smtp     string // address for submission
	database string // lines of the [database] table
}

// configuration leaves all at its default but what has to be said: the rate
// limit is on and every commit is durable.
const configuration = `[http]
listen = %q
[sms_http]
listen = %q
[smtp]
listen = %q
[database]
%s
[secrets]
key_path = %q
[email]
domain = %q
[[email.relay]]
name = "sink"
url = %q
max_connections = %d
[[sms.gateway]]
name = "sink"
kind = "smpp"
url = %q
username = "bench"
window = %d
[log]
level = "warn"
`

// startAvisos builds Aviso and starts one on each database that is wanted.
func (b *bench) startAvisos(ctx context.Context) error {
	server := os.Getenv("AVISO_TEST_POSTGRES")
	if server == "" && len(b.opts.only) > 0 && b.opts.wantsAviso("postgres") {
		return errors.New("postgres: AVISO_TEST_POSTGRES names no server; set it to a URL such as postgres://user@localhost/postgres")
	}
	if err := b.buildAviso(ctx); err != nil {
		return err
	}
	sqlite, err := b.install(ctx, "sqlite", `url = "sqlite:aviso.db"`)
	if err != nil {
		return err
	}
	if b.opts.wantsAviso("sqlite") {
		if err := b.serve(ctx, sqlite); err != nil {
			return err
		}
	}
	if !b.opts.wantsAviso("postgres") {
		return nil
	}
	if server == "" {
		b.note("PostgreSQL is left out: AVISO_TEST_POSTGRES names no server.")
		return nil
	}
	db, err := createDatabase(ctx, server)
	if err != nil {
		return err
	}
	b.later(func() {
		if err := db.drop(ctx); err != nil {
			b.note("%v", err)
		}
	})
	postgres, err := b.install(ctx, "postgres", db.config())
	if err != nil {
		return err
	}
	if db.postmaster == 0 {
		b.note("The PostgreSQL server is not a process of this machine: its CPU is not counted.")
		return b.serve(ctx, postgres)
	}
	return b.serve(ctx, postgres, familyMeter("postgres", db.postmaster))
}

func (b *bench) buildAviso(ctx context.Context) error {
	b.note("Building Aviso.")
	b.aviso = filepath.Join(b.dir, "aviso")
	cmd := command(ctx, "go", "build", "-o", b.aviso, "aviso/cmd/aviso")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build aviso/cmd/aviso: %w\n%s", err, text)
	}
	return nil
}

// install writes a configuration and makes the tables. All installations share
// the secret key that comes with the first fresh SQLite database: with
// PostgreSQL Aviso makes none.
func (b *bench) install(ctx context.Context, name, database string) (*installation, error) {
	in := &installation{name: name, dir: filepath.Join(b.dir, name), binary: b.aviso, database: database}
	if err := os.Mkdir(in.dir, 0o700); err != nil {
		return nil, err
	}
	var addrs [3]string
	for i := range addrs {
		var err error
		if addrs[i], err = freeAddr(); err != nil {
			return nil, err
		}
	}
	in.http, in.sms, in.smtp = addrs[0], addrs[1], addrs[2]
	text := fmt.Sprintf(configuration, addrs[0], addrs[1], addrs[2], database, filepath.Join(b.dir, "secret.key"),
		mailDomain, "smtp://"+b.sink.addr+"?tls=none", relayConnections, "smpp://"+b.smsc.addr, textWindow)
	if err := os.WriteFile(in.config(), []byte(text), 0o600); err != nil {
		return nil, err
	}
	_, err := in.run(ctx, "migrate")
	return in, err
}

func (in *installation) config() string { return filepath.Join(in.dir, "aviso.toml") }

// serve makes accounts and keys, starts the server and measures it four times:
// with the keys of many accounts, with as many of one, over SMTP, and with texts.
func (b *bench) serve(ctx context.Context, in *installation, more ...meter) error {
	many, err := in.seed(ctx, "spread", mailKey, spread)
	if err != nil {
		return err
	}
	one, err := in.seed(ctx, "one", mailKey, oneAccount)
	if err != nil {
		return err
	}
	mail, err := in.seed(ctx, "smtp", mailKey, spread)
	if err != nil {
		return err
	}
	texts, err := in.seed(ctx, "sms", textKey, textKeyring)
	if err != nil {
		return err
	}
	server, err := b.start(ctx, in.name, func(ctx context.Context) *exec.Cmd { return in.command(ctx, "serve") })
	if err != nil {
		return err
	}
	if err := server.await(ctx, 30*time.Second, in.ready); err != nil {
		return err
	}
	t := target{
		name:   in.name,
		url:    "http://" + in.http + sendPath,
		keys:   many,
		server: server,
		sink:   b.sink,
		meters: append([]meter{processMeter("aviso", server.pid)}, more...),
	}
	single := t
	single.name, single.keys, single.topOnly = in.name+oneAccountSuffix, one, true
	submitted := t
	submitted.name, submitted.url, submitted.keys, submitted.topOnly = in.name+smtpSuffix, submitScheme+in.smtp, mail, true
	if b.opts.wants(in.name) {
		b.targets = append(b.targets, &t, &single, &submitted)
	}
	if b.opts.wants(smsPrefix + in.name) {
		texting := t
		texting.name, texting.url, texting.keys, texting.sink, texting.topOnly = smsPrefix+in.name, "http://"+in.sms+textPath, texts, b.smsc, true
		b.targets = append(b.targets, &texting)
	}
	return nil
}

// ready is a condition for await: the database answers and is migrated.
func (in *installation) ready() error {
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get("http://" + in.http + "/readyz")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answers %s", resp.Status)
	}
	return nil
}

// What keys of the products begin with, and what the products are called.
const (
	mailKey = "hyd-mail-"
	textKey = "hyd-sms-"
)

var products = map[string]string{mailKey: "email", textKey: "sms"}

// seed makes accounts with credits and keys, and returns a file of the keys.
func (in *installation) seed(ctx context.Context, name, prefix string, ring keyring) (string, error) {
	out, err := in.run(ctx, "bench-seed", "--product", products[prefix], "--accounts", strconv.Itoa(ring.accounts),
		"--keys", strconv.Itoa(ring.keys), "--credits", strconv.Itoa(creditsEach))
	if err != nil {
		return "", err
	}
	keys := strings.Fields(string(out))
	if len(keys) != ring.total() {
		return "", fmt.Errorf("aviso bench-seed printed %d keys; %d accounts of %d keys make %d", len(keys), ring.accounts, ring.keys, ring.total())
	}
	for i, key := range keys {
		if !strings.HasPrefix(key, prefix) {
			return "", fmt.Errorf("aviso bench-seed: line %d is no key: it does not begin with %s", i+1, prefix)
		}
	}
	file := filepath.Join(in.dir, name+".keys")
	return file, os.WriteFile(file, []byte(strings.Join(keys, "\n")+"\n"), 0o600)
}

// run runs one of Aviso's commands to its end and returns what it printed.
func (in *installation) run(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return output(in.command(ctx, args...))
}

// command prepares one of Aviso's commands. It sees no AVISO_ variable of the
// benchmark's own environment, because those would change the configuration.
func (in *installation) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := command(ctx, in.binary, append([]string{"--config", in.config()}, args...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AVISO_") })
	return cmd
}
