package email

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
)

// BenchmarkPages reads the pages of one account with a tenth of all messages:
//
//	AVISO_BENCH_MESSAGES=10000000 test/env/run go test ./email -run '^$' -bench Pages -benchtime 20x -timeout 60m
//
// needs about 10 GB below TMPDIR for each database. Its default is small, to see
// that it works.
func BenchmarkPages(b *testing.B) {
	n, err := strconv.ParseInt(cmp.Or(os.Getenv("AVISO_BENCH_MESSAGES"), "20000"), 10, 64)
	if err != nil || n < 20_000 {
		b.Fatal("AVISO_BENCH_MESSAGES must be a number from 20000 on")
	}
	dbtest.Each(b, func(b *testing.B, d *db.DB) {
		crowd(b, d, n)
		s := New(d, Config{Domain: "mail.test", Now: time.Now, Random: rand.Float64, Log: slog.New(slog.DiscardHandler), Relays: []*Relay{{Name: "ses", DailyCap: 1000, Places: 1}}})
		for _, r := range crowdPages(b, s, n/10) {
			b.Run(r.name, func(b *testing.B) {
				var longest time.Duration
				for b.Loop() {
					began := time.Now()
					if err := r.read(b.Context()); err != nil {
						b.Fatal(err)
					}
					longest = max(longest, time.Since(began))
				}
				b.ReportMetric(float64(longest.Microseconds())/1000, "max-ms")
			})
		}
	})
}

// The account that the pages are read of, and how far apart the messages of the
// installation were accepted.
const (
	crowdAccount  = "big"
	crowdInterval = 1000 // milliseconds
)

type crowdPage struct {
	name string
	read func(context.Context) error
}

func crowdPages(b *testing.B, s *Service, own int64) []crowdPage {
	logs := func(f LogFilter, span LogSpan) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.Logs(ctx, crowdAccount, f, span)
			return err
		}
	}
	fifty := LogSpan{Limit: 50}
	middle, key := crowdID(own/2*10), "01900000-0000-7000-8000-00000000000"
	from := own / 2 * 10 * crowdInterval
	return []crowdPage{
		{"first", logs(LogFilter{}, fifty)},
		{"first-200", logs(LogFilter{}, LogSpan{Limit: 200})},
		{"deep", logs(LogFilter{}, LogSpan{Limit: 50, Offset: own / 2})},
		{"last", logs(LogFilter{}, LogSpan{Limit: 50, Offset: own - 50})},
		{"before", logs(LogFilter{}, LogSpan{Limit: 50, Before: middle})},
		{"status-sent", logs(LogFilter{Status: Sent}, fifty)},
		{"status-sent-deep", logs(LogFilter{Status: Sent}, LogSpan{Limit: 50, Offset: 10_000})},
		{"status-failed", logs(LogFilter{Status: Failed}, fifty)},
		{"status-queued", logs(LogFilter{Status: Queued}, fifty)},
		{"status-sending", logs(LogFilter{Status: Sending}, fifty)},
		{"key-common", logs(LogFilter{KeyID: key + "1"}, fifty)},
		{"key-nothing", logs(LogFilter{KeyID: key + "9"}, fifty)},
		{"query-nothing", logs(LogFilter{Query: "zzz"}, fifty)},
		{"query-recipient", logs(LogFilter{Query: "user5"}, fifty)},
		{"query-nothing-before", logs(LogFilter{Query: "zzz"}, LogSpan{Limit: 50, Before: middle})},
		{"time-hour", logs(LogFilter{From: from, To: from + 3_600_000}, fifty)},
		{"time-all", logs(LogFilter{From: 1}, fifty)},
		{"stats-30", func(ctx context.Context) error { _, err := s.Stats(ctx, crowdAccount, 30); return err }},
		{"stats-366", func(ctx context.Context) error { _, err := s.Stats(ctx, crowdAccount, 366); return err }},
		{"totals", func(ctx context.Context) error { _, err := s.Totals(ctx, crowdAccount); return err }},
		{"caps", func(ctx context.Context) error { _, err := s.CapStates(ctx, crowdAccount); return err }},
		{"detail", func(ctx context.Context) error { _, err := s.Detail(ctx, crowdAccount, middle); return err }},
	}
}

// crowdID is the id of the n-th message of all.
func crowdID(n int64) string { return fmt.Sprintf("01900000-0000-7000-8000-%d", 100_000_000_000+n) }

// crowd fills a database with n messages: each tenth is of one account, the
// others of a thousand. Of a thousand messages one failed, and the newest
// thousand of each account are queued.
func crowd(b *testing.B, d *db.DB, n int64) {
	b.Helper()
	const step = 200_000
	if n < 1_000_000 { // the accounts would have hardly any
		b.Log("a small crowd: the figures say nothing")
	}
	own := n / 10
	for from := int64(1); from <= n; from += step {
		err := d.Write(b.Context(), func(tx *db.Tx) error {
			for _, statement := range []string{crowdMessages, crowdRecipients, crowdAttempts} {
				if _, err := tx.Exec(statement, from, min(from+step-1, n), own-1000); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		for _, statement := range []string{
			`INSERT INTO email_accounts (account_id, messages, day) SELECT account_id, MAX(number), MAX(created_at) / 86400000 FROM email_messages GROUP BY account_id`,
			`INSERT INTO email_days (account_id, day, number, spent, queued, failed) SELECT account_id, created_at / 86400000, MIN(number), MIN(number),
				SUM(CASE WHEN status = 'queued' THEN 1 ELSE 0 END), SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END)
				FROM email_messages GROUP BY account_id, created_at / 86400000`,
			`ANALYZE`,
		} {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	d.SetClock(func() int64 { return n * crowdInterval })
}

// The messages of one step: numbered in the installation from $1 to $2, queued
// where their account's number is over $3.
const (
	crowdNumbers  = `WITH RECURSIVE s(n) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM s WHERE n < $2) `
	crowdMessages = crowdNumbers + `INSERT INTO email_messages (id, account_id, number, key_id, channel, status, sender, subject, smtp_message_id, recipients,
			created_at, admitted_at, admission, attempt, attempts, due_at, expires_at, promised, relay, waits_for, reserved_day, reserved, charged, refunded,
			price, last_error, sent_at)
		SELECT '01900000-0000-7000-8000-' || CAST(100000000000 + n AS TEXT), CASE WHEN n % 10 = 0 THEN 'big' ELSE 'acc-' || CAST(n % 1000 AS TEXT) END,
			CASE WHEN n % 10 = 0 THEN n / 10 ELSE n / 1000 + 1 END, '01900000-0000-7000-8000-00000000000' || CAST(n / 10 % 3 AS TEXT), 'http',
			CASE WHEN n % 10 = 0 AND n / 10 > $3 THEN 'queued' WHEN n / 10 % 1000 = 7 THEN 'failed' ELSE 'sent' END,
			'noreply@mail.test', 'Your order ' || CAST(n AS TEXT) || ' is on its way', '<01900000-' || CAST(n AS TEXT) || '@mail.test>', 1,
			n * 1000, n * 1000, 1, 1, 1, CASE WHEN n % 10 = 0 AND n / 10 > $3 THEN n * 1000 + 60000 END, n * 1000 + 86400000, FALSE, 'ses', '', 0, 0, 1, 0,
			1, '', n * 1000 + 100 FROM s`
	crowdRecipients = crowdNumbers + `INSERT INTO email_recipients (message_id, number, kind, name, address, wire, state, unknowns, code, enhanced, reply)
		SELECT '01900000-0000-7000-8000-' || CAST(100000000000 + n AS TEXT), 0, 'to', '', 'user' || CAST(n AS TEXT) || '@example.com',
			'user' || CAST(n AS TEXT) || '@example.com', 'taken', 0, 0, '', '' FROM s WHERE $3 >= 0`
	crowdAttempts = crowdNumbers + `INSERT INTO email_attempts (message_id, attempt, relay, outcome, code, enhanced, reply, started_at, duration_ms)
		SELECT '01900000-0000-7000-8000-' || CAST(100000000000 + n AS TEXT), 1, 'ses', 'taken', 250, '2.0.0', 'queued as ' || CAST(n AS TEXT), n * 1000, 80
		FROM s WHERE $3 >= 0`
)
