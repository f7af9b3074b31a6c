package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/account"
	"aviso/db"
	"aviso/inbox"
	"aviso/sms"
	"aviso/transport/sandbox"
)

// step is one command of a story. {name} in it is what was remembered.
type step struct {
	typed    string
	shape    string            // the keys of the answer, or of the list's first element in brackets; "[]" is an empty list
	has      map[string]string // values that the answer must have
	remember map[string]string // key -> name
	text     string            // part of what is said without --json; when empty the command is not typed again
	before   func(*installation)
}

// The stories together are every command once, each with the shape of its
// answer. They go on where the one before has ended.
func emailStory() []step {
	const (
		accountShape = "admin createdAt email id name primeUntil suspended suspendedAt"
		keyShape     = "createdAt email enabled id last4 lastUsedAt name prefix rotatedAt"
		senderShape  = "accounts address cap createdAt global id name relay usedToday"
		queuedShape  = "[attempts createdAt dueAt email expiresAt from id lastError recipients relay status waitsFor]"
	)
	return []step{
		{typed: "version", shape: "version", has: map[string]string{"version": "dev"}, text: "dev\n"},
		{typed: "config check", shape: "errors file ok warnings", has: map[string]string{"ok": "true"}, text: "aviso.toml is right.\n"},
		{typed: "config print", shape: "accounts database email http log metrics prime retention secrets sms sms_http smtp stripe", text: "password = '********'"},
		{typed: "migrate", shape: "migrated", text: "The database is at this version.\n"},
		{typed: "account list", shape: "[]", text: "There is no account yet"},
		{typed: "account create --email Ada@x.test --admin", shape: accountShape + " password", has: map[string]string{"email": "ada@x.test", "admin": "true"}, remember: map[string]string{"id": "ada"}},
		{typed: "account create --email bob@x.test --password 0123456789", shape: accountShape, has: map[string]string{"name": "bob"}},
		{typed: "account list", shape: "[" + accountShape + "]", text: "EMAIL"},
		{typed: "account password --email ada@x.test", shape: accountShape + " password", text: "(to be changed)"},
		{typed: "account password --account {ada} --password 0123456789", shape: accountShape},
		{typed: "account prime --email ada@x.test --until 2031-02-03", shape: accountShape, has: map[string]string{"primeUntil": "2031-02-03T00:00:00.000Z"}, text: "has Prime until 2031-02-03T00:00:00.000Z"},
		{typed: "account prime --email ada@x.test --until 2031-02-03T01:00:00+01:00", shape: accountShape, has: map[string]string{"primeUntil": "2031-02-03T00:00:00.000Z"}},
		{typed: "credit grant --account ada@x.test --product email --amount 50 --reason first", shape: "balance delta email id product", has: map[string]string{"balance": "50"}},
		{typed: "credit grant --account {ada} --product email --amount=-10 --reason oops", shape: "balance delta email id product", has: map[string]string{"balance": "40", "delta": "-10"}, text: "ada@x.test has 30 email credits now."},
		{typed: "credit history --account {ada}", shape: "[balance createdAt delta id note reason]", text: "oops"},
		{typed: "key list", shape: "[]", text: "There is no key yet"},
		{typed: "key create --account ada@x.test --name first", shape: keyShape + " token", remember: map[string]string{"id": "key", "token": "token"}},
		{typed: "key list --account ada@x.test", shape: "[" + keyShape + "]", has: map[string]string{"id": "{key}"}, text: "hyd-mail-..."},
		{typed: "key list --account bob@x.test", shape: "[]"},
		{typed: "key disable {key}", shape: keyShape, has: map[string]string{"enabled": "false"}, text: `The key "first" of ada@x.test is disabled.`},
		{typed: "key enable {key}", shape: keyShape, has: map[string]string{"enabled": "true"}, text: "is enabled."},
		{typed: "key rotate {key}", shape: keyShape + " token", has: map[string]string{"id": "{key}"}, remember: map[string]string{"token": "token"}},
		{typed: "key create --account ada@x.test --name second", shape: keyShape + " token", remember: map[string]string{"id": "second"}},
		{typed: "key delete {second}", shape: "deleted id", has: map[string]string{"id": "{second}"}},
		{typed: "sender list", shape: "[]", text: "There is no sender yet"},
		{typed: "sender add Hello@x.test --name Ada --cap 5 --relay primary", shape: senderShape, has: map[string]string{"address": "hello@x.test", "cap": "5", "relay": "primary"}},
		{typed: "sender assign HELLO@x.test --account ada@x.test --default", shape: "address default email", has: map[string]string{"email": "ada@x.test", "default": "true"}, text: "ada@x.test may send from hello@x.test, and does"},
		{typed: "sender list", shape: "[" + senderShape + "]", text: "ada@x.test (default)"},
		{typed: "relay list", shape: "[cap name paused pausedAt queued url usedToday]", text: "smtp://relay.test:587"},
		{typed: "relay pause second", shape: "name paused", has: map[string]string{"paused": "true"}, text: "The relay second is paused."},
		{typed: "relay resume second", shape: "name paused", has: map[string]string{"paused": "false"}, text: "takes mail again."},
		{typed: "queue list", shape: "[]", text: "Nothing waits.\n"},
		{before: func(i *installation) {
			s := i.serve()
			i.send(s, i.said["token"], "you@x.test")
			i.said["waits"] = i.send(s, i.said["token"], "later@x.test")
			i.said["doubted"] = i.send(s, i.said["token"], "later@x.test")
			i.said["left"] = i.send(s, i.said["token"], "later@x.test")
			i.exec(`UPDATE email_messages SET status = 'unknown', due_at = NULL WHERE id = $1`, i.said["doubted"])
			i.exec(`UPDATE email_recipients SET state = 'unknown' WHERE message_id = $1`, i.said["doubted"])
		}, typed: "inbox list", shape: "[from id messageId receivedAt subject to]", text: "you@x.test", remember: map[string]string{"messageId": "mail"}},
		{typed: "inbox show {mail}", shape: "id source", text: "From: "},
		{typed: "relay test primary --to you@x.test", shape: "id outcome relay reply to", has: map[string]string{"outcome": "taken"}, text: "Captured by the sandbox"},
		{typed: "queue list --state queued --relay primary --limit 1", shape: queuedShape, has: map[string]string{"id": "{waits}", "email": "ada@x.test"}, text: "The sandbox refuses later@ for now"},
		{typed: "queue list --state unknown", shape: queuedShape, has: map[string]string{"id": "{doubted}", "status": "unknown"}},
		{typed: "queue settle {doubted} --outcome failed", shape: "id outcome refunded", has: map[string]string{"refunded": "1"}},
		{typed: "queue retry {waits}", shape: "id status", has: map[string]string{"status": "queued"}},
		{typed: "queue hold --reason tea", shape: "held reason since", has: map[string]string{"held": "true", "reason": "tea"}, text: "tea\n"},
		{typed: "queue list", shape: queuedShape, text: "Sending is on hold since"},
		{typed: "queue cancel {left}", shape: "id refunded status", has: map[string]string{"refunded": "1", "status": "cancelled"}},
		{typed: "queue release", shape: "cancelled held resumed", has: map[string]string{"held": "false", "cancelled": "0"}},
		{typed: "account suspend --email ada@x.test", shape: accountShape, has: map[string]string{"suspended": "true"}, text: "is suspended since"},
		{typed: "account unsuspend --email ada@x.test", shape: accountShape + " resumed", has: map[string]string{"suspended": "false", "resumed": "1"}, text: "may send."},
	}
}

func smsStory() []step {
	const (
		tokenShape = "email id status"
		codeShape  = "active code createdAt email id lastStatus webhookUrl"
		textShape  = "[content direction from gateway id messageId receivedAt segments to]"
	)
	return []step{
		{typed: "sms approve --account ada@x.test", shape: tokenShape + " token", has: map[string]string{"status": "approved"}, remember: map[string]string{"token": "sms"}},
		{typed: "sms approve --account {ada}", shape: tokenShape, text: "approved"},
		{typed: "credit history --account ada@x.test --product sms", shape: "[balance createdAt delta id note reason]", has: map[string]string{"balance": "1000"}},
		{typed: "sms rotate --account ada@x.test", shape: tokenShape + " token", remember: map[string]string{"token": "sms"}},
		{typed: "shortcode list", shape: "[]", text: "There is no shortcode yet"},
		{typed: "shortcode add order --account ada@x.test --webhook https://hooks.test/sms", shape: codeShape + " secret", has: map[string]string{"code": "order", "active": "true", "webhookUrl": "https://hooks.test/sms"}},
		{typed: "shortcode add second --account ada@x.test --secret given", shape: codeShape, has: map[string]string{"webhookUrl": "<nil>"}},
		{typed: "shortcode delete second", shape: "deleted id"},
		{typed: "shortcode list --account ada@x.test", shape: "[" + codeShape + "]", has: map[string]string{"email": "ada@x.test"}, text: "https://hooks.test/sms"},
		{typed: "gateway list", shape: "[kind name paused pausedAt sender unknown url weight]", has: map[string]string{"name": "box", "sender": "+2899682626"}, text: "twilio"},
		{typed: "gateway pause twilio", shape: "name paused", has: map[string]string{"paused": "true"}, text: "The gateway twilio is paused."},
		{typed: "gateway resume twilio", shape: "name paused", has: map[string]string{"paused": "false"}, text: "takes texts again."},
		{typed: "gateway setup twilio", shape: "done name", text: "https://sms.test/hooks/sms/twilio/inbound\n"},
		{typed: "gateway setup box", shape: "done name", text: "Nothing has to be set up"},
		{typed: "sms unknown list", shape: "[]", text: "No text's fate is unknown."},
		{before: func(i *installation) {
			s := i.serveTexts()
			i.said["silent"] = i.text(s, i.said["sms"], sandbox.NumberUnknown)
			i.said["silent2"] = i.text(s, i.said["sms"], sandbox.NumberUnknown)
		}, typed: "gateway test box --to +14155551212", shape: "gateway id outcome reply to", has: map[string]string{"outcome": "taken"}, text: "Captured by the sandbox"},
		{typed: "inbox texts --limit 2", shape: textShape, has: map[string]string{"direction": "out", "to": "+14155551212"}, text: "+14155551212"},
		{typed: "sms unknown list", shape: "[charged createdAt email gateway id lastError to]", has: map[string]string{"id": "{silent}", "email": "ada@x.test"}, text: "The sandbox keeps silent"},
		{typed: "sms unknown settle {silent} {silent2} --outcome failed", shape: "[id outcome refunded]", has: map[string]string{"refunded": "1", "outcome": "failed"}},
		{typed: "sms inject --from +14155551212 --text order", shape: "from gateway", has: map[string]string{"gateway": "box"}, text: "came in through box"},
		{typed: "inbox texts --limit 1", shape: textShape, has: map[string]string{"direction": "in", "content": "order"}},
	}
}

func closingStory(files string) []step {
	return []step{
		{typed: "queue hold", shape: "held reason since"},
		{typed: "queue release --cancel-queued", shape: "cancelled held resumed", has: map[string]string{"cancelled": "1"}},
		{typed: "ledger verify", shape: "balances entries messages ok problems wrong", has: map[string]string{"ok": "true", "messages": "6"}, text: "The books are right"},
		{typed: "backup " + filepath.Join(files, "b.gz"), shape: "file madeAt note rows schema", remember: map[string]string{"rows": "rows"}},
	}
}

// serveTexts runs the SMS service on the database, with a sandbox as its gateway
// box.
func (i *installation) serveTexts() *sms.Service {
	i.t.Helper()
	d := i.open()
	in := &forward{}
	box := sandbox.NewGateway(sandbox.TextConfig{Name: "box", Number: "+2899682626", Store: inbox.NewTextStore(d, 100), Inbound: in, NewID: db.NewID})
	s := sms.New(d, sms.Config{Gateways: []*sms.Gateway{{Name: "box", Texter: box, Weight: 1, Whole: true, Places: 4}}, Sender: "+2899682626",
		SyncTimeout: 10 * time.Second, Inbound: sms.Receiving{Limits: sms.Limits{Countries: []string{"*"}}}, Random: func() float64 { return 0 },
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Metrics: sms.NewMetrics(prometheus.NewRegistry())})
	in.Inbound = s
	if err := s.Start(context.Background()); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { s.Close(context.Background()); box.Close() })
	return s
}

// text sends one with a token and returns its id.
func (i *installation) text(s *sms.Service, token, to string) string {
	i.t.Helper()
	caller, err := account.NewCallers(i.open(), account.SMS).Identify(context.Background(), token)
	if err != nil {
		i.t.Fatal(err)
	}
	draft, f := sms.Parse(to, "hello", sms.Limits{Countries: []string{"*"}})
	if f != nil {
		i.t.Fatal(f)
	}
	a, err := s.Send(&sms.Call{Caller: caller, Draft: draft, Arrived: time.Now(), Encode: func(*sms.Outcome) (int, []byte) { return 0, nil }})
	if err != nil {
		i.t.Fatal(err)
	}
	return a.Outcome.MessageID
}
