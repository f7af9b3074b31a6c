package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// bare answers the API's send call and does nothing that is not the sending
// itself: it parses with the standard library, writes plain MIME, hands over
// on a kept connection. It knows no key, no limit and no credit. With a log it
// makes one record durable before the hand-over and one after: the least that
// keeping the API's promise could cost.
type bare struct {
	sink  string
	conns chan *smtpConn // as many places as connections; nil is one not dialled yet
	log   *ring          // nil: nothing is durable
	ids   atomic.Int64
}

// draft is what bare reads of a call.
type draft struct {
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	HTML    string   `json:"html"`
	From    string   `json:"from"`
}

func parseDraft(raw []byte) (d draft, err error) {
	err = json.Unmarshal(raw, &d)
	return d, err
}

func barePart(args []string) error {
	fs := flag.NewFlagSet("bare", flag.ExitOnError)
	listen := fs.String("listen", "", "address of the API")
	sink := fs.String("sink", "", "address of the SMTP sink")
	log := fs.String("log", "", "file to make two records a message durable in")
	if err := fs.Parse(args); err != nil {
		return err
	}
	b := &bare{sink: *sink, conns: make(chan *smtpConn, relayConnections)}
	for range relayConnections {
		b.conns <- nil
	}
	if *log != "" {
		var err error
		if b.log, err = openRing(*log); err != nil {
			return err
		}
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+sendPath, b)
	return http.ListenAndServe(*listen, mux)
}

func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	d, parsed := parseDraft(raw)
	if err != nil || parsed != nil || len(d.To) == 0 {
		http.Error(w, `{"ok":false}`, http.StatusBadRequest)
		return
	}
	if d.From == "" {
		d.From = "noreply@" + mailDomain
	}
	id := fmt.Sprintf("%016x", b.ids.Add(1))
	if err := b.relay(id, raw, d); err != nil {
		http.Error(w, `{"ok":false}`, http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"ok":true,"data":{"messageId":%q,"smtpMessageId":"<%s@%s>","status":"sent","from":%q,"recipients":%d,"creditsCharged":%d}}`,
		id, id, mailDomain, d.From, len(d.To), len(d.To))
}

// relay hands a message over, between its two records if there is a log.
func (b *bare) relay(id string, raw []byte, d draft) error {
	if err := b.record(raw); err != nil {
		return err
	}
	reply, err := b.send(d.From, d.To, compose(id, d))
	if err != nil {
		return err
	}
	return b.record(fmt.Appendf(nil, "%s sent %s\n", id, reply))
}

func (b *bare) record(data []byte) error {
	if b.log == nil {
		return nil
	}
	return b.log.append(data)
}

// send uses a kept connection, waiting for one when all are busy.
func (b *bare) send(from string, to []string, message []byte) (string, error) {
	conn := <-b.conns
	defer func() { b.conns <- conn }()
	if conn == nil {
		var err error
		if conn, err = dialSMTP(b.sink); err != nil {
			return "", err
		}
	}
	reply, err := conn.send(from, to, message)
	if err != nil {
		conn.Close()
		conn = nil
	}
	return reply, err
}

func compose(id string, d draft) []byte {
	message := make([]byte, 0, len(d.HTML)+512)
	message = fmt.Appendf(message, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nMessage-ID: <%s@%s>\r\nDate: %s\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		d.From, strings.Join(d.To, ">, <"), d.Subject, id, mailDomain, time.Now().Format(time.RFC1123Z))
	return appendDotted(message, []byte(d.HTML))
}
