package httpsms

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"aviso/transport"
)

// The client may read a body after the call has ended. It gets nothing then,
// and the text is not asked.
func TestGateIsShut(t *testing.T) {
	g := newGate([]byte("text"), func() bool { t.Error("it was asked"); return true })
	if g.shut() {
		t.Error("something left before a Read")
	}
	if n, err := g.Read(make([]byte, 8)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := g.again(); err == nil {
		t.Error("it opens again")
	}
}

func TestGateIsShutHalfway(t *testing.T) {
	g := newGate([]byte("text"), nil)
	if n, err := g.Read(make([]byte, 2)); n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if !g.shut() || g.withdrawn() {
		t.Error("what left is forgotten")
	}
	if n, err := g.Read(make([]byte, 8)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("%d, %v", n, err)
	}
}

// What was never written is read again from the beginning, and the text is
// asked once only: it could have been withdrawn by its own first answer.
func TestGateAgain(t *testing.T) {
	asked := 0
	g := newGate([]byte("text"), func() bool { asked++; return true })
	for range 3 {
		all, err := io.ReadAll(g)
		if err != nil || !bytes.Equal(all, []byte("text")) {
			t.Errorf("%q, %v", all, err)
		}
		if body, err := g.again(); err != nil || body != io.ReadCloser(g) {
			t.Errorf("%v", err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if g.shut() {
		t.Error("what was taken back counts as left")
	}
}

func TestGateStaysClosedForTheWithdrawn(t *testing.T) {
	asked := 0
	g := newGate([]byte("text"), func() bool { asked++; return asked > 1 })
	for range 2 {
		if n, err := g.Read(make([]byte, 8)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("%d, %v", n, err)
		}
		if _, err := g.again(); err == nil {
			t.Error("it opens again")
		}
	}
	if !g.withdrawn() || g.shut() || asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// early answers at the headers, as a busy proxy may, and reads as much of the
// body as it is told.
type early struct{ status, read int }

func (e early) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.CopyN(io.Discard, r.Body, int64(e.read))
	return &http.Response{StatusCode: e.status, Body: http.NoBody, Request: r}, nil
}

// A 5xx leaves a text unknown only when the gateway may have it.
func TestAnswerBeforeTheBody(t *testing.T) {
	for answer, want := range map[early]transport.Outcome{
		{503, 0}: transport.Later, {503, 1}: transport.Unknown, {401, 0}: transport.Refused, {429, 0}: transport.Later,
	} {
		g, err := NewTwilio(Config{Name: "carrier", Username: "AC1", Password: "secret", Inbound: nobody{}})
		if err != nil {
			t.Fatal(err)
		}
		g.client.Transport = answer
		if v := g.Send(t.Context(), &transport.Text{To: "+1"}).Verdicts[0]; v.Outcome != want {
			t.Errorf("%+v: %+v", answer, v)
		}
	}
}

type nobody struct{}

func (nobody) Receive(context.Context, *transport.InboundText) error { return nil }
func (nobody) Receipt(context.Context, *transport.Receipt) error     { return nil }
func (nobody) Answered(context.Context, *transport.LateAnswer) error { return nil }

// The environment has no say in where a text goes. The standard library reads
// it once for a process, so that the setting itself is looked at.
func TestNoProxyFromTheEnvironment(t *testing.T) {
	g, err := NewTwilio(Config{Name: "carrier", Username: "AC1", Password: "secret", Inbound: nobody{}})
	if err != nil {
		t.Fatal(err)
	}
	if tr := g.client.Transport.(*http.Transport); tr.Proxy != nil || tr.TLSClientConfig != nil {
		t.Error("there is a proxy, or TLS is not as it comes")
	}
}
