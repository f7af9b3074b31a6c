package sms_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
	"aviso/sms"
	"aviso/transport"
)

// endpoint is a customer's webhook.
type endpoint struct {
	*httptest.Server
	bodies chan string
}

// listen answers each push with what answer writes, after the push was noted.
func listen(t *testing.T, answer http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{bodies: make(chan string, 1000)}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.bodies <- string(body)
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

// pushes returns the shortcode's pushes, newest first, once none is open.
func (st *station) pushes(c sms.Shortcode) []sms.Push {
	st.t.Helper()
	eventually(st.t, "the end of the pushes", func() bool { return st.number(`SELECT COUNT(*) FROM sms_pushes WHERE finished_at IS NULL`) == 0 })
	list, err := st.service.Pushes(context.Background(), st.account.ID, c.ID, "", 0, 100)
	if err != nil || int(list.Total) != len(list.Items) || list.Capped {
		st.t.Fatalf("%+v, %v", list, err)
	}
	return list.Items
}

func TestTextIsPushed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		told := make(chan string, 10)
		st := openStation(t, d, func(c *sms.Config) { c.Changed = func(account, text string) { told <- account + " " + text } })
		hook := listen(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, "short\x00 and \xff stout")
		})
		url, secret := hook.URL, "s3<cret>"
		c, shown, err := st.service.CreateShortcode(t.Context(), "test", st.account.ID, sms.NewShortcode{Code: "order", WebhookURL: &url, Secret: &secret})
		if err != nil || shown != secret {
			t.Fatal(shown, err)
		}
		st.receive("ORDER two <b>&\n\"pizzas\"")
		const want = `{"sender":"+447700900123","auth":"s3<cret>","shortcode":"order","messageContent":"two <b>&\n\"pizzas\""}`
		if got := <-hook.bodies; got != want {
			t.Errorf("%s instead of %s", got, want)
		}
		p := st.pushes(c)
		if len(p) != 1 || p[0].Status != 418 || p[0].Error != "" || p[0].Answer != "short\uFFFD and \uFFFD stout" || p[0].Test || p[0].StartedAt == 0 {
			t.Errorf("%+v", p)
		}
		if m := st.inbound(); m[0].WebhookStatus != 418 || m[0].ID != p[0].MessageID {
			t.Errorf("%+v", m)
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_shortcodes WHERE secret = $1`, []byte(secret)); n != 0 {
			t.Error("the secret is in the database as it is")
		}
		if len(hook.bodies) != 0 {
			t.Error("an answer that is none was asked for again")
		}
		// Open pages are told of the text, and of what its webhook answered.
		for range 2 {
			if got, want := <-told, st.account.ID+" "+p[0].MessageID; got != want {
				t.Errorf("%s instead of %s", got, want)
			}
		}
	})
}

// timed notes how long each push may take.
type timed struct {
	poster
	ends chan time.Time
	late chan time.Duration // until then, when the push was begun
}

func (p *timed) Push(ctx context.Context, url string, body []byte) transport.PushReport {
	end, _ := ctx.Deadline()
	p.ends <- end
	p.late <- time.Until(end)
	return p.poster.Push(ctx, url, body)
}

func TestPushHasTenSeconds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &timed{poster{&http.Client{}}, make(chan time.Time, 1), make(chan time.Duration, 1)}
		st := openStation(t, d, func(c *sms.Config) { c.Inbound.Pusher = p })
		st.shortcode("order", listen(t, nil).URL)
		began := time.Now()
		st.receive("order x")
		if end, left := <-p.ends, <-p.late; end.Sub(began) < 10*time.Second || left > 10*time.Second {
			t.Errorf("%s from the text, %s from its push", end.Sub(began), left)
		}
	})
}

func TestUnreachableWebhookIsTriedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		hook := listen(t, nil)
		c := st.shortcode("order", hook.URL)
		hook.Close()
		st.receive("order x")
		if p := st.pushes(c); len(p) != 1 || p[0].Status != 0 || p[0].Error == "" {
			t.Errorf("%+v", p)
		}
		if m := st.inbound(); m[0].WebhookStatus != 0 {
			t.Errorf("%+v", m)
		}
	})
}

// An endpoint that does not answer, with a backlog of its own, keeps nobody
// else's texts waiting.
func TestSlowEndpointDelaysNobodyElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d, func(c *sms.Config) { c.Inbound.FreeShortcodes = 2 })
		answer := make(chan struct{})
		slow := listen(t, func(http.ResponseWriter, *http.Request) { <-answer })
		fast := listen(t, nil)
		st.shortcode("slow", slow.URL)
		quick := st.shortcode("fast", fast.URL)
		const backlog = 40
		for i := range backlog {
			st.receive(fmt.Sprintf("slow %d", i))
		}
		for range 16 {
			<-slow.bodies // its places are taken
		}
		for i := range 20 {
			st.receive(fmt.Sprintf("fast %d", i))
		}
		for range 20 {
			<-fast.bodies
		}
		eventually(t, "the fast pushes", func() bool {
			return st.number(`SELECT COUNT(*) FROM sms_pushes WHERE shortcode_id = $1 AND status = 200`, quick.ID) == 20
		})
		if n := len(slow.bodies); n != 0 {
			t.Errorf("the slow endpoint has %d more than its places", n)
		}
		oldest := st.number(`SELECT MIN(due_at) FROM sms_pushes WHERE started_at IS NULL`)
		if b, err := st.service.Backlog(t.Context()); err != nil || b != (sms.Backlog{Pushes: backlog - 16, OldestAt: oldest}) {
			t.Errorf("%+v, %v; the oldest is of %d", b, err, oldest)
		}
		close(answer)
		for range backlog - 16 {
			<-slow.bodies
		}
	})
}

// Between the commit of a text and its push there may be a crash, or a hold;
// the push is made afterwards, once. One that was marked before is over.
func TestPushesAfterARestart(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		st := openStation(t, openURL(t, url))
		hook := listen(t, nil)
		c := st.shortcode("order", hook.URL)
		st.hold()
		st.receive("order marked")
		st.write(func(tx *db.Tx) error {
			now, err := tx.Now()
			if err == nil {
				_, err = tx.Exec(`UPDATE sms_pushes SET started_at = $1`, now-time.Minute.Milliseconds())
			}
			return err
		})
		st.receive("order waiting")
		st.service.Close(context.Background())
		st.release()
		st.service = st.start(st.db)
		if body := <-hook.bodies; !strings.Contains(body, `"waiting"`) {
			t.Errorf("%s was pushed", body)
		}
		st.service.EndMarked(t.Context())
		p := st.pushes(c)
		if len(p) != 2 || p[0].Status != 200 || p[1].Status != 0 || p[1].Error == "" {
			t.Errorf("%+v", p)
		}
		if len(hook.bodies) != 0 {
			t.Error("a push was repeated")
		}
	})
}

// Two nodes that see the same pushes due make each once.
func TestPushesOnTwoNodes(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		st := openStation(t, openURL(t, url))
		hook := listen(t, nil)
		c := st.shortcode("order", hook.URL)
		st.hold()
		const texts = 60
		for i := range texts {
			st.receive(fmt.Sprintf("order %d", i))
		}
		st.second(url)
		st.release()
		seen := map[string]bool{}
		for range texts {
			body := <-hook.bodies
			if seen[body] {
				t.Errorf("%s was pushed twice", body)
			}
			seen[body] = true
		}
		if p := st.pushes(c); len(p) != texts || len(hook.bodies) != 0 {
			t.Errorf("%d pushes", len(p))
		}
	})
}

func TestNothingIsPushedWithoutTheKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		vault := &chest{}
		st := openStation(t, d, func(c *sms.Config) { c.Inbound.Vault = vault })
		hook := listen(t, nil)
		c := st.shortcode("order", hook.URL)
		st.hold()
		st.receive("order x")
		st.service.Close(context.Background())
		vault.lost = true
		st.service = st.start(d, func(c *sms.Config) { c.Inbound.Vault = vault })
		st.release()
		if p := st.pushes(c); len(p) != 1 || p[0].Status != 0 || !strings.Contains(p[0].Error, "secret") {
			t.Errorf("%+v", p)
		}
		if len(hook.bodies) != 0 {
			t.Error("it was pushed")
		}
	})
}

func TestDeletedShortcodeIsPushedNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		hook := listen(t, nil)
		c := st.shortcode("order", hook.URL)
		st.hold()
		st.receive("order x")
		if err := st.service.DeleteShortcode(t.Context(), "test", st.account.ID, c.ID); err != nil {
			t.Fatal(err)
		}
		st.release()
		eventually(t, "the end of the push", func() bool { return st.number(`SELECT COUNT(*) FROM sms_pushes WHERE error <> ''`) == 1 })
		if len(hook.bodies) != 0 {
			t.Error("it was pushed")
		}
	})
}

func TestTestPush(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d, func(c *sms.Config) { c.Inbound.FreeShortcodes = 2 })
		hook := listen(t, nil)
		c, bare := st.shortcode("order", hook.URL), st.shortcode("bare", "")
		for range 10 {
			p, err := st.service.TestPush(t.Context(), st.account.ID, c.ID)
			if err != nil || !p.Test || p.FinishedAt != 0 {
				t.Fatalf("%+v, %v", p, err)
			}
			if body := <-hook.bodies; !strings.Contains(body, `"shortcode":"order"`) {
				t.Error(body)
			}
		}
		for why, id := range map[string]string{"RATE_LIMITED": c.ID, "NO_WEBHOOK": bare.ID, "NOT_FOUND": "nothing"} {
			_, err := st.service.TestPush(t.Context(), st.account.ID, id)
			if code(err) != why {
				t.Errorf("%v instead of %s", err, why)
			}
		}
		if _, err := st.service.TestPush(t.Context(), "another", c.ID); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
		if p := st.pushes(c); len(p) != 10 || !p[0].Test || p[0].Status != 200 {
			t.Errorf("%+v", p)
		}
		if len(st.inbound()) != 0 {
			t.Error("a test is among the texts")
		}
	})
}

// code is the code of a fault; "" of another error or none.
func code(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}
