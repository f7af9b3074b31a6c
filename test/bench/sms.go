package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
)

const (
	textPath   = "/api/messages"
	smsPrefix  = "sms-"
	textSender = "+2899682626"
	// textWindow is how many submits without an answer every target may have,
	// on the one bind it has: the product's default.
	textWindow = 32
)

// textKeyring is how tokens are spread: an account has one.
var textKeyring = keyring{accounts: 100, keys: 1}

// textBody is the call everybody gets: one recipient, one segment.
func textBody() []byte {
	return []byte("recipient=%2B44" + numberMark + "&content=Your+order+" + numberMark + "+has+left+our+house+and+will+be+with+you+tomorrow+morning.")
}

// bareSMS answers the API's call for a text and does nothing that is not the
// sending itself: it knows no token, no price, and what it forgets is lost.
type bareSMS struct {
	conn   net.Conn
	places chan struct{}

	mu      sync.Mutex // over what follows, and writing
	next    uint32
	waiting map[uint32]chan<- pdu
	buf     []byte
}

func bareSMSPart(args []string) error {
	fs := flag.NewFlagSet("bare-sms", flag.ExitOnError)
	listen := fs.String("listen", "", "address of the API")
	smsc := fs.String("smsc", "", "address of the message centre")
	if err := fs.Parse(args); err != nil {
		return err
	}
	b, err := dialSMSC(*smsc)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("POST "+textPath, b)
	return http.ListenAndServe(*listen, mux)
}

// dialSMSC binds, and has the answers read until the process ends.
func dialSMSC(addr string) (*bareSMS, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	b := &bareSMS{conn: conn, places: make(chan struct{}, textWindow), waiting: map[uint32]chan<- pdu{}}
	go b.read()
	// No password, no type of system, version 3.4, no range of addresses.
	answer, err := b.exchange(smppBind, []byte("bench\x00\x00\x00\x34\x00\x00\x00"))
	if err == nil && answer.status != 0 {
		err = fmt.Errorf("the message centre answers a bind with %#x", answer.status)
	}
	return b, err
}

// read hands each answer to whoever waits for it.
func (b *bareSMS) read() {
	r := bufio.NewReaderSize(b.conn, 1<<16)
	buf := make([]byte, mostPDU)
	for {
		p, err := readPDU(r, buf)
		b.mu.Lock()
		if err != nil {
			for _, done := range b.waiting {
				close(done)
			}
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		done := b.waiting[p.sequence]
		delete(b.waiting, p.sequence)
		b.mu.Unlock()
		if done != nil {
			done <- pdu{p.command, p.status, p.sequence, append([]byte(nil), p.body...)}
		}
	}
}

var errNoSMSC = errors.New("the message centre is gone")

// exchange sends a command and returns its answer.
func (b *bareSMS) exchange(command uint32, body []byte) (pdu, error) {
	done := make(chan pdu, 1)
	b.mu.Lock()
	if b.waiting == nil {
		b.mu.Unlock()
		return pdu{}, errNoSMSC
	}
	b.next++
	b.waiting[b.next] = done
	b.buf = pdu{command: command, sequence: b.next, body: body}.appendTo(b.buf[:0])
	_, err := b.conn.Write(b.buf)
	b.mu.Unlock()
	if err != nil {
		return pdu{}, err
	}
	answer, ok := <-done
	if !ok {
		return pdu{}, errNoSMSC
	}
	return answer, nil
}

func (b *bareSMS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to, content := r.PostFormValue("recipient"), r.PostFormValue("content")
	if to == "" || content == "" || len(content) > 160 {
		http.Error(w, `{"ok":false}`, http.StatusBadRequest)
		return
	}
	b.places <- struct{}{}
	answer, err := b.exchange(smppSubmit, submitBody(textSender[1:], strings.TrimPrefix(to, "+"), content))
	<-b.places
	if err != nil || answer.status != 0 {
		http.Error(w, `{"ok":false}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"ID":"%d","sent_from":%q,"sent_to":%q,"content":%q,"creditCost":1,"status":"sent","encoding":"GSM-7","segments":1,`+
		`"provider":{"name":"smsc","messageIds":[%q]}}`, answer.sequence, textSender, to, content, strings.TrimRight(string(answer.body), "\x00"))
}

// submitBody is a submit_sm's: international numbers, a receipt asked for, and
// text that is the same in GSM-7 and ASCII (SMPP 3.4, 4.4.1).
func submitBody(from, to, text string) []byte {
	b := make([]byte, 0, 40+len(from)+len(to)+len(text))
	b = append(b, 0, 1, 1)
	b = append(append(b, from...), 0, 1, 1)
	b = append(append(b, to...), 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, byte(len(text)))
	return append(b, text...)
}
