package story

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// tidy are books that add up: a message sent at once, one that was promised
// and waits after an attempt nobody saw the end of, one that was refused, one
// whose first call was cut off, and a call that came to a closed door.
func tidy() *Books {
	soon := time.Now().Add(4 * time.Minute)
	b := &Books{Spent: 3, Messages: map[string]*Message{
		"sent":    {ID: "sent", SMTPMessageID: "<sent>", Status: "sent", Charged: 1},
		"waiting": {ID: "waiting", SMTPMessageID: "<waiting>", Status: "queued", Charged: 1, LastError: "the server stopped", NextAttemptAt: &soon},
		"refused": {ID: "refused", SMTPMessageID: "<refused>", Status: "failed"},
		"resumed": {ID: "resumed", SMTPMessageID: "<resumed>", Status: "sent", Charged: 1},
	}}
	b.Copies = []Copy{{"<sent>", []string{"sent@x"}}, {"<waiting>", []string{"waiting@x"}}, {"<resumed>", []string{"resumed@x"}}, {"<resumed>", []string{"resumed@x"}}}
	b.Calls = []*Call{
		heard("sent", http.StatusOK), heard("waiting", http.StatusAccepted), heard("refused", http.StatusBadGateway),
		heard("resumed", http.StatusOK), {Key: "late", To: "late@x", Silences: 1},
	}
	b.Calls[3].Silences = 1
	return b
}

// heard is a call that was answered, and answered the same once more.
func heard(message string, status int) *Call {
	first, again := &Answer{Status: status, MessageID: message, Body: message}, &Answer{Status: status, MessageID: message, Body: message, Replayed: true}
	return &Call{Key: message, To: message + "@x", Answers: []*Answer{first, again}}
}

func TestTidyBooksAddUp(t *testing.T) {
	if found := tidy().Objections(); len(found) > 0 {
		t.Errorf("%q", found)
	}
}

// The control: whatever a broken Aviso would leave behind is objected to.
func TestDoctoredBooksDoNot(t *testing.T) {
	for name, c := range map[string]struct {
		doctor func(*Books)
		want   string
	}{
		"an acknowledgement of what never went out": {func(b *Books) { b.Copies = b.Copies[1:] }, "0 copies, not 1 to 1"},
		"a copy more than there were doubts":        {func(b *Books) { b.Copies = append(b.Copies, b.Copies[0]) }, "2 copies, not 1 to 1"},
		"two copies more than there were doubts":    {func(b *Books) { b.Copies = append(b.Copies, b.Copies[3]) }, "3 copies, not 1 to 2"},
		"a message that is lost":                    {func(b *Books) { delete(b.Messages, "waiting"); b.Spent-- }, "is not there"},
		"a promise that was broken":                 {func(b *Books) { b.Messages["waiting"].Status = "failed" }, "its message is failed"},
		"a promise that nobody remembers why":       {func(b *Books) { b.Messages["waiting"].LastError = "" }, "nothing is on record"},
		"a promise called off":                      {func(b *Books) { b.Messages["waiting"].Status = "interrupted" }, "its message is interrupted"},
		"an answer that changes":                    {func(b *Books) { b.Calls[0].Answers[1].Body = "other" }, "was answered 200 sent and then 200 other"},
		"a second run instead of a replay":          {func(b *Books) { b.Calls[0].Answers[1].Replayed = false }, "and then"},
		"one message for two calls":                 {func(b *Books) { b.Calls = append(b.Calls, b.Calls[0]) }, "have made the same message"},
		"a copy that nobody asked for":              {func(b *Books) { b.Copies = append(b.Copies, Copy{"<other>", nil}) }, "which no call has made"},
		"a refused message that went out":           {func(b *Books) { b.Copies = append(b.Copies, Copy{"<refused>", nil}) }, "1 copies, not 0 to 0"},
		"a refused call that went out":              {func(b *Books) { b.Copies[0].To = []string{"late@x"} }, "late has no answer"},
		"credits that are gone":                     {func(b *Books) { b.Spent++ }, "has spent 4 credits"},
		"a message for nothing":                     {func(b *Books) { b.Messages["sent"].Charged = 0; b.Spent-- }, "costs 0 credits, not 1"},
		"a message paid for twice":                  {func(b *Books) { b.Messages["resumed"].Charged = 2; b.Spent++ }, "costs 2 credits, not 1"},
		"a refusal that was not refunded":           {func(b *Books) { b.Messages["refused"].Charged = 1; b.Spent++ }, "costs 1 credits, not 0"},
	} {
		t.Run(name, func(t *testing.T) {
			b := tidy()
			c.doctor(b)
			if found := strings.Join(b.Objections(), "\n"); !strings.Contains(found, c.want) {
				t.Errorf("no objection says %q:\n%s", c.want, found)
			}
		})
	}
}
