package test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aviso/account"
	"aviso/db"
	"aviso/test/npm"
	"aviso/test/story"
	"aviso/transport/smtprelay/smtptest"
)

// clients are programs that are not ours and send mail. Each sends letters to
// addr, NAME@example.com for each, and returns them as it handed them over.
var clients = map[string]func(t *testing.T, addr string, key story.Key) map[string][]byte{
	"nodemailer": nodemailer,
	"smtplib":    smtplib,
	"swaks": func(t *testing.T, addr string, key story.Key) map[string][]byte {
		return swaks(t, addr, "--tls", "--auth", "LOGIN", "--auth-user", "anybody", "--auth-password", key.Token)
	},
	"postfix": func(t *testing.T, addr string, key story.Key) map[string][]byte {
		return swaks(t, relaying(t, addr, key).Addr)
	},
}

// What each of them sends arrives as it was sent.
func TestClients(t *testing.T) {
	for name, send := range clients {
		t.Run(name, func(t *testing.T) {
			sink := smtptest.Start(t, smtptest.Options{})
			house := aviso.Install(t, "sqlite:"+t.TempDir()+"/aviso.db", story.Settings{Relay: fmt.Sprintf("smtp://%s:%d?tls=none", sink.Host, sink.Port)})
			owner := house.Account(100)
			letters := send(t, submissionAddr(t, house.Serve()), owner.Key())
			if len(letters) < 6 {
				t.Fatalf("%d letters were sent", len(letters))
			}
			sink.Await(t, "DOT", len(letters))
			arrived := map[string][]byte{}
			for _, m := range sink.Messages() {
				arrived[strings.Join(m.To, " ")] = m.Data
			}
			for letter, want := range letters {
				if got := arrived[letter+"@example.com"]; !bytes.Equal(got, want) {
					t.Errorf("%s was\n%.3000s\nand is\n%.3000s", letter, want, got)
				}
			}
			if spent := owner.Granted - owner.Balance(); len(arrived) != len(letters) || spent != int64(len(letters)) {
				t.Errorf("%d letters are %d messages and cost %d credits", len(letters), len(arrived), spent)
			}
		})
	}
}

// run runs a program to its end and returns what it says.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*story.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, args[0], err, out)
	}
	return string(out)
}

// letters reads what a client has kept.
func letters(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// The last line end is added where it is missing (RFC 5321, section 4.1.1.4).
		all[strings.TrimSuffix(filepath.Base(file), ".eml")] = append(bytes.TrimSuffix(data, []byte("\r\n")), "\r\n"...)
	}
	return all
}

func smtplib(t *testing.T, addr string, key story.Key) map[string][]byte {
	folder := t.TempDir()
	run(t, "clients", "python3", "smtplib_letters.py", portOf(t, addr), key.Token, folder)
	return letters(t, folder)
}

func nodemailer(t *testing.T, addr string, key story.Key) map[string][]byte {
	folder := t.TempDir()
	said := run(t, "clients", "node", "nodemailer.mjs", npm.Packages(t, "clients", os.DirFS("clients")), portOf(t, addr), key.Token, folder)
	all := letters(t, folder)
	if n := strings.Count(said, "250 2.0.0 Sent as "); n != len(all) {
		t.Errorf("nodemailer heard:\n%s", said)
	}
	return all
}

// swaks sends what nodemailer and smtplib would send, to any server.
func swaks(t *testing.T, addr string, args ...string) map[string][]byte {
	t.Helper()
	folder := t.TempDir()
	composed(t, folder)
	all := letters(t, folder)
	for name, letter := range all {
		// It ends what it is given with a line end and the dot.
		if err := os.WriteFile(filepath.Join(folder, name), bytes.TrimSuffix(letter, []byte("\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		said := run(t, folder, "swaks", slices.Concat([]string{"--server", addr, "--from", "noreply@aviso.test", "--to", name + "@example.com",
			"--data", "@" + name}, args)...)
		if !strings.Contains(said, " 250 2.") {
			t.Errorf("swaks heard:\n%s", said)
		}
	}
	return all
}

// composed has smtplib compose its letters, for a sink that nobody asks.
func composed(t *testing.T, folder string) {
	t.Helper()
	sink := smtptest.Start(t, smtptest.Options{TLS: smtptest.StartTLS, Mechanisms: "PLAIN", Username: "anybody", Password: "x"})
	run(t, "clients", "python3", "smtplib_letters.py", fmt.Sprint(sink.Port), "x", folder)
}

// relaying starts a Postfix that hands all its mail to addr, as an operator
// would set up the one on their own machine.
func relaying(t *testing.T, addr string, key story.Key) *story.Postfix {
	t.Helper()
	postfix := story.StartPostfix(t, "127.0.0.1", 9)
	postfix.Set(t, "relayhost = [127.0.0.1]:"+portOf(t, addr), "smtp_tls_security_level = encrypt", "smtp_sasl_auth_enable = yes",
		"smtp_sasl_security_options = noanonymous", "smtp_sasl_password_maps = inline:{{[127.0.0.1]:"+portOf(t, addr)+" = anybody:"+key.Token+"}}")
	return postfix
}

// What a client hears that may not send.
func TestClientIsRefused(t *testing.T) {
	sink := smtptest.Start(t, smtptest.Options{})
	database := "sqlite:" + t.TempDir() + "/aviso.db"
	house := aviso.Install(t, database, story.Settings{Relay: fmt.Sprintf("smtp://%s:%d?tls=none", sink.Host, sink.Port), RateLimit: 2})
	rich, poor := house.Account(1000), house.Account(1)
	port := portOf(t, submissionAddr(t, house.Serve()))
	disabled := rich.Key()
	disable(t, database, disabled)
	for name, c := range map[string]struct{ key, from, recipients, bytes, times, want string }{
		"wrong password":              {"secret", "noreply@aviso.test", "1", "100", "1", "auth 535 5.7.8 "},
		"disabled key":                {disabled.Token, "noreply@aviso.test", "1", "100", "1", "auth 535 5.7.8 "},
		"foreign sender":              {rich.Key().Token, "somebody@example.com", "1", "100", "1", "data 550 5.7.1 "},
		"no credits":                  {poor.Key().Token, "noreply@aviso.test", "2", "100", "1", "data 452 4.2.2 "},
		"rate limit":                  {rich.Key().Token, "noreply@aviso.test", "1", "100", "3", "data 421 4.7.0 "},
		"11 MB, announced":            {rich.Key().Token, "noreply@aviso.test", "1", "11000000", "1", "mail 552 5.3.4 "},
		"11 MB, by surprise":          {rich.Key().Token, "noreply@aviso.test", "1", "11000000", "-1", "data 552 5.3.4 "},
		"101 recipients":              {rich.Key().Token, "noreply@aviso.test", "101", "100", "1", "rcpt 452 4.5.3 "},
		"and who may do what it asks": {rich.Key().Token, "noreply@aviso.test", "100", "10000000", "1", "sent 250 2.0.0 Sent as "},
	} {
		t.Run(name, func(t *testing.T) {
			said := run(t, "clients", "python3", "smtplib_try.py", port, c.key, c.from, c.recipients, c.bytes, c.times)
			if !strings.HasPrefix(said, c.want) {
				t.Errorf("the reply is %q, not %q", said, c.want)
			}
		})
	}
	if n := len(sink.Messages()); n != 4 { // two within the rate limit, the hundred, and the last
		t.Errorf("%d messages arrived", n)
	}
}

// disable switches a key off behind the back of the node that serves.
func disable(t *testing.T, database string, key story.Key) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return account.EnableKey(tx, "story", account.Key{ID: key.ID}, false) }); err != nil {
		t.Fatal(err)
	}
}
