package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"time"
)

// targetNames are what -only may choose, in the order of the table.
var targetNames = []string{"bare", "bare-durable", "sqlite", "postgres", smsPrefix + "bare", smsPrefix + "sqlite", smsPrefix + "postgres"}

// relayConnections is how many connections to the sink every target may keep.
const relayConnections = 64

// rateLimit is the product's default, left on: calls a minute with one key.
const rateLimit = 120

// keyring is how keys are spread over accounts.
type keyring struct{ accounts, keys int } // keys of each account

// spread is the usual case; with oneAccount every debit hits the same balance.
// Both have as many keys as the rate limit asks for.
var (
	spread     = keyring{accounts: 100, keys: 20}
	oneAccount = keyring{accounts: 1, keys: 2000}
)

func (k keyring) total() int { return k.accounts * k.keys }

// target is something to send the calls to.
type target struct {
	name    string
	url     string
	keys    string // file of keys, one a line; empty for none
	server  *process
	sink    *counter // where its messages end
	meters  []meter
	topOnly bool // measured only with the most callers
	sent    int  // calls so far: keys go on in turn from run to run
}

// startBare starts one of the relays of mail without accounts.
func (b *bench) startBare(ctx context.Context, name string, args ...string) error {
	t := &target{name: name, sink: b.sink}
	return b.startRelay(ctx, t, sendPath, "bare", append([]string{"-sink", b.sink.addr}, args...)...)
}

// startBareSMS starts the one of texts.
func (b *bench) startBareSMS(ctx context.Context) error {
	t := &target{name: smsPrefix + "bare", sink: b.smsc, topOnly: true}
	return b.startRelay(ctx, t, textPath, "bare-sms", "-smsc", b.smsc.addr)
}

// startRelay starts a part of the benchmark as a target.
func (b *bench) startRelay(ctx context.Context, t *target, path, part string, args ...string) error {
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	args = append([]string{"-listen", addr}, args...)
	server, err := b.start(ctx, t.name, func(ctx context.Context) *exec.Cmd {
		return selfCommand(ctx, part, args...)
	})
	if err != nil {
		return err
	}
	// bare-durable writes its ring first, which a slow disk makes slow.
	if err := server.await(ctx, time.Minute, answers(addr)); err != nil {
		return err
	}
	t.url, t.server, t.meters = "http://"+addr+path, server, []meter{processMeter(t.name, server.pid)}
	b.targets = append(b.targets, t)
	return nil
}

// startTargets starts what -only asks for.
func (b *bench) startTargets(ctx context.Context) error {
	if b.opts.wants("bare") {
		if err := b.startBare(ctx, "bare"); err != nil {
			return err
		}
	}
	if b.opts.wants("bare-durable") {
		if err := b.startBare(ctx, "bare-durable", "-log", filepath.Join(b.dir, "ring")); err != nil {
			return err
		}
	}
	if b.opts.wants(smsPrefix + "bare") {
		if err := b.startBareSMS(ctx); err != nil {
			return err
		}
	}
	if b.opts.wantsAviso("sqlite") || b.opts.wantsAviso("postgres") {
		return b.startAvisos(ctx)
	}
	return nil
}
