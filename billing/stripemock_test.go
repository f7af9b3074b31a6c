package billing_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aviso/billing"
	"aviso/test/story"
)

// mockVersion is of Stripe's own stand-in, which holds requests against its
// description of the API.
const mockVersion = "v0.203.0"

// What is asked of Stripe is what its API takes.
func TestStripeMock(t *testing.T) {
	mock := startMock(t)
	// It refuses what it does not know, so that the rest was looked at.
	r, err := http.NewRequestWithContext(t.Context(), "POST", mock+"/v1/checkout/sessions", strings.NewReader("mode=barter"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("sk_test_1", "")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a mode that there is not: %s", answer.Status)
	}
	each(t, func(t *testing.T, s *shop) {
		c := catalog
		c.Provider = billing.NewStripe(billing.StripeConfig{SecretKey: "sk_test_1", WebhookSecret: secret, APIBase: mock})
		s.Service = billing.New(s.db, c)
		id := s.customer()
		for name, order := range map[string]func(string) string{"email": s.orderEmail, "texts": s.orderSMS, "unlimited": s.orderUnlimited, "prime": s.orderPrime} {
			session := order(id)
			if !strings.HasPrefix(session, "cs_") || s.state(id, session) != billing.Open {
				t.Errorf("%s: %s", name, session)
			}
			s.tell("customer.subscription.updated", object{"id": "sub_1", "status": "active", "customer": "cus_1", "metadata": object{"checkout": s.reference(session)},
				"current_period_end": (begin + 30*day) / 1000})
		}
		s.pay(s.orderEmail(id)) // as a customer that Stripe knows by now
		s.is(id, standing{Email: 10_000, Prime: 30})
		if url, err := s.Portal(t.Context(), id); err != nil || !strings.HasPrefix(url, "https://") {
			t.Errorf("%q, %v", url, err)
		}
	})
}

// startMock starts the mock and returns its URL.
func startMock(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	mock := exec.Command(story.Program(t, "github.com/stripe/stripe-mock", mockVersion), "-http-addr", address, "-https-addr", "127.0.0.1:0")
	mock.Stdout, mock.Stderr = said, said
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = mock.Process.Kill()
		_ = mock.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return "http://" + address
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(said.Name())
			t.Fatalf("stripe-mock does not listen: %v\n%s", err, text)
		}
		<-time.After(20 * time.Millisecond)
	}
}
