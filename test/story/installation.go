package story

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aviso/credit"
	"aviso/db"
)

// Settings are what a story sets in the configuration.
type Settings struct {
	Relay       string        // URL of the only relay
	Listen      string        // of the email API; when empty each node has a port of its own
	SyncTimeout time.Duration // 10 s when 0
	RateLimit   int           // calls a minute and key; 0 is none
	Gateway     string        // URL of the only gateway; none when empty
	Binds       int           // links to it, over all nodes
}

// Retries come soon, and all ports are the system's choice.
const configuration = `[http]
listen = %q
[sms_http]
listen = "localhost:0"
[smtp]
listen = "127.0.0.1:0"
[database]
url = %q
[secrets]
key_path = %q
[email]
domain = "aviso.test"
sync_timeout = %q
retry_initial = "1s"
retry_max = "2s"
rate_limit_per_minute = %d
[[email.relay]]
name = "upstream"
url = %q
max_connections = 32
[log]
format = "json"
`

// An account has the credits that the story gives it, and pushes may go to the
// story's own hook.
const gatewayConfiguration = `
[accounts]
sms_starter_credits = 0
[sms]
sync_timeout = %q
webhook_allow = ["127.0.0.0/8"]
[[sms.gateway]]
name = "carrier"
kind = "smpp"
url = %q
username = "aviso"
binds = %d
`

// Installation is one configuration and one database, for one node or several.
type Installation struct {
	t        testing.TB
	binary   string
	dir      string
	config   string
	database string
	accounts int
}

// Install writes a configuration for the database of that URL.
func (b *Binary) Install(t testing.TB, database string, s Settings) *Installation {
	t.Helper()
	i := &Installation{t: t, binary: b.path(t), dir: t.TempDir(), database: database}
	i.config = filepath.Join(i.dir, "aviso.toml")
	if s.Listen == "" {
		s.Listen = "127.0.0.1:0"
	}
	if s.SyncTimeout == 0 {
		s.SyncTimeout = 10 * time.Second
	}
	key := filepath.Join(i.dir, "secret.key")
	if !strings.HasPrefix(database, "sqlite:") { // beside a fresh SQLite database Aviso makes its own
		i.write(key, strings.Repeat("0123456789abcdef", 4)+"\n")
	}
	text := fmt.Sprintf(configuration, s.Listen, database, key, s.SyncTimeout, s.RateLimit, s.Relay)
	if s.Gateway != "" {
		text += fmt.Sprintf(gatewayConfiguration, s.SyncTimeout, s.Gateway, max(1, s.Binds))
	}
	i.write(i.config, text)
	return i
}

func (i *Installation) write(path, text string) {
	i.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

// command prepares one of Aviso's commands. It sees no AVISO_ variable of the
// tests' own environment, because those would change the configuration.
func (i *Installation) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, i.binary, append([]string{"--config", i.config}, args...)...)
	cmd.Dir = i.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AVISO_") })
	return cmd
}

// Run types a command and returns the JSON object it answers with.
func (i *Installation) Run(args ...string) (answer map[string]any) {
	i.t.Helper()
	i.answered(&answer, args...)
	return answer
}

// RunList is Run for a command that answers with an array of them.
func (i *Installation) RunList(args ...string) (answer []map[string]any) {
	i.t.Helper()
	i.answered(&answer, args...)
	return answer
}

func (i *Installation) answered(answer any, args ...string) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	cmd := i.command(ctx, append(args, "--json")...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		i.t.Fatalf("aviso %s: %v\n%s%s", strings.Join(args, " "), err, out, &said)
	}
	if err := json.Unmarshal(out, answer); err != nil {
		i.t.Fatalf("aviso %s --json answers something else: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// VerifyLedger has Aviso compare every balance with its entries and every
// message's charges with its price.
func (i *Installation) VerifyLedger() {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if out, err := i.command(ctx, "ledger", "verify").CombinedOutput(); err != nil {
		i.t.Errorf("aviso ledger verify: %v\n%s", err, out)
	}
}

// Account is a customer.
type Account struct {
	ID, Email string
	Granted   int64 // credits
	house     *Installation
}

// Key is one of a customer's API keys.
type Key struct{ ID, Token string }

// Account makes a customer with email credits.
func (i *Installation) Account(credits int64) *Account {
	i.t.Helper()
	return i.customer(credit.Email, credits)
}

func (i *Installation) customer(product credit.Product, credits int64) *Account {
	i.t.Helper()
	i.accounts++
	a := &Account{Email: fmt.Sprintf("owner%d@aviso.test", i.accounts), Granted: credits, house: i}
	a.ID = i.text(i.Run("account", "create", "--email", a.Email), "id")
	i.Run("credit", "grant", "--account", a.ID, "--product", string(product), "--amount", strconv.FormatInt(credits, 10), "--reason", "story")
	return a
}

// Key makes one key.
func (a *Account) Key() Key {
	a.house.t.Helper()
	made := a.house.Run("key", "create", "--account", a.ID, "--name", "story")
	return Key{a.house.text(made, "id"), a.house.text(made, "token")}
}

// Keys makes n keys.
func (a *Account) Keys(n int) []Key {
	a.house.t.Helper()
	keys := make([]Key, n)
	for k := range keys {
		keys[k] = a.Key()
	}
	return keys
}

func (i *Installation) text(answer map[string]any, name string) string {
	i.t.Helper()
	s, ok := answer[name].(string)
	if !ok || s == "" {
		i.t.Fatalf("the answer has no %s: %v", name, answer)
	}
	return s
}

// Balance reads the account's email credits from the database, which no
// command shows.
func (a *Account) Balance() int64 {
	a.house.t.Helper()
	return a.balance(credit.Email)
}

func (a *Account) balance(product credit.Product) (credits int64) {
	a.house.t.Helper()
	a.house.read(func(tx *db.Tx) error {
		b, err := credit.Read(tx, a.ID, product)
		credits = b.Credits
		return err
	})
	return credits
}

// read looks into the database for what no command and no call shows.
func (i *Installation) read(f func(tx *db.Tx) error) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	d, err := db.Open(ctx, db.Options{URL: i.database})
	if err != nil {
		i.t.Fatal(err)
	}
	if err = errors.Join(d.Read(ctx, f), d.Close()); err != nil {
		i.t.Fatal(err)
	}
}

// Config is the configuration file.
func (i *Installation) Config() string { return i.config }

// Workshop makes a folder as the README has it: the program as bin/aviso, and
// aviso.toml as a copy of the example, with the sandbox for a relay.
func (i *Installation) Workshop(example string) (dir string) {
	i.t.Helper()
	dir = i.t.TempDir()
	text, err := os.ReadFile(example)
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "bin"), 0o700)
	}
	if err == nil {
		err = os.Symlink(i.binary, filepath.Join(dir, "bin", "aviso"))
	}
	if err != nil {
		i.t.Fatal(err)
	}
	i.write(filepath.Join(dir, "aviso.toml"), string(text)+"\n[[email.relay]]\nname = \"sandbox\"\nurl = \"sandbox:\"\n")
	return dir
}
