package email_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aviso/email"
	"aviso/fault"
)

// contract is the limits of the contract.
var contract = email.Limits{BodyBytes: 512_000, Recipients: 100}

// addresses returns a1@example.com and on, n of them.
func addresses(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("a%d@example.com", i+1)
	}
	return all
}

func TestRecipientsAreDistinct(t *testing.T) {
	type recipients = []email.Recipient
	for name, c := range map[string]struct {
		r    email.Request
		want recipients
	}{
		"a string": {
			email.Request{To: []string{"Ada <a@b.c>"}},
			recipients{{email.To, "Ada", "a@b.c", "a@b.c"}},
		},
		"the first spelling stays": {
			email.Request{To: []string{"Ada <A@B.c>", "a@b.C", "Bob <b@b.c>", "a@b.c"}, ToList: true},
			recipients{{email.To, "Ada", "A@B.c", "A@b.c"}, {email.To, "Bob", "b@b.c", "b@b.c"}},
		},
		"to before cc before bcc": {
			email.Request{
				Bcc: []string{"a@b.c", "b@b.c", "c@b.c"}, BccList: true,
				Cc: []string{"B@b.c", "A@b.c"}, CcList: true,
				To: []string{"A@B.c"},
			},
			recipients{{email.To, "", "A@B.c", "A@b.c"}, {email.Cc, "", "B@b.c", "B@b.c"}, {email.Bcc, "", "c@b.c", "c@b.c"}},
		},
		"domains after IDNA": {
			email.Request{To: []string{"a@Bücher.de", "a@xn--bcher-kva.de", "a@BÜCHER.de"}, ToList: true},
			recipients{{email.To, "", "a@Bücher.de", "a@xn--bcher-kva.de"}},
		},
		"dots and tags are part of a mailbox": {
			email.Request{To: []string{"a.b@c.d", "ab@c.d", "ab+x@c.d"}, ToList: true},
			recipients{{email.To, "", "a.b@c.d", "a.b@c.d"}, {email.To, "", "ab@c.d", "ab@c.d"}, {email.To, "", "ab+x@c.d", "ab+x@c.d"}},
		},
		"empty strings and lists are as good as absent": {
			email.Request{To: []string{"a@b.c"}, Cc: []string{""}, Bcc: []string{}, BccList: true},
			recipients{{email.To, "", "a@b.c", "a@b.c"}},
		},
	} {
		c.r.Text = "x"
		d, f := email.NewDraft(&c.r, contract)
		if f != nil {
			t.Errorf("%s: %v", name, f)
		} else if diff := cmp.Diff(c.want, d.Recipients); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRecipientsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		r           email.Request
		code, field string
	}{
		"no to":                  {email.Request{Cc: []string{"a@b.c"}}, "INVALID_REQUEST", "to"},
		"an empty to":            {email.Request{To: []string{""}}, "INVALID_REQUEST", "to"},
		"an empty list":          {email.Request{To: []string{}, ToList: true}, "INVALID_REQUEST", "to"},
		"an empty one in a list": {email.Request{To: []string{"a@b.c", ""}, ToList: true}, "INVALID_ADDRESS", "to[1]"},
		"a list of an empty one": {email.Request{To: []string{""}, ToList: true}, "INVALID_ADDRESS", "to[0]"},
		"a blank":                {email.Request{To: []string{" "}}, "INVALID_ADDRESS", "to"},
		"a bad string":           {email.Request{To: []string{"ada"}}, "INVALID_ADDRESS", "to"},
		"a bad one in a list":    {email.Request{To: []string{"a@b.c", "d@e.f", "g"}, ToList: true}, "INVALID_ADDRESS", "to[2]"},
		"the first bad one":      {email.Request{To: []string{"a@b.c"}, Cc: []string{"x", "y"}, CcList: true, Bcc: []string{"z"}}, "INVALID_ADDRESS", "cc[0]"},
		"a bad bcc":              {email.Request{To: []string{"a@b.c"}, Bcc: []string{"a@b.c\nx"}}, "INVALID_ADDRESS", "bcc"},
		"101":                    {email.Request{To: addresses(101), ToList: true}, "TOO_MANY_RECIPIENTS", "to"},
		"101 over all":           {email.Request{To: []string{"x@b.c"}, Bcc: addresses(100), BccList: true}, "TOO_MANY_RECIPIENTS", "to"},
		"a bad one among many":   {email.Request{To: append(addresses(200), "x"), ToList: true}, "INVALID_ADDRESS", "to[200]"},
		"1,001 unread":           {email.Request{To: []string{"a@b.c"}, Cc: make([]string, 1000), CcList: true}, "TOO_MANY_RECIPIENTS", "to"},
	} {
		c.r.Text = "x"
		d, f := email.NewDraft(&c.r, contract)
		if d != nil || f == nil || f.Kind != fault.Invalid || f.Code != c.code || f.Field != c.field {
			t.Errorf("%s: %v, %+v", name, d, f)
		}
	}
}

func TestRecipientsAtTheLimits(t *testing.T) {
	hundred := addresses(100)
	for name, r := range map[string]email.Request{
		"100":                       {To: hundred[:60], Cc: hundred[60:90], Bcc: hundred[90:]},
		"100 distinct, 1,000 named": {To: hundred, Bcc: strings.Fields(strings.Repeat(strings.Join(hundred, " ")+" ", 9))},
	} {
		r.Text = "x"
		d, f := email.NewDraft(&r, contract)
		if f != nil || len(d.Recipients) != 100 {
			t.Errorf("%s: %v", name, f)
		}
	}
	r := email.Request{To: addresses(3), ToList: true, Text: "x"}
	if _, f := email.NewDraft(&r, email.Limits{BodyBytes: 9, Recipients: 2}); f == nil || !strings.Contains(f.Message, "2 distinct") || !strings.Contains(f.Message, "has 3") {
		t.Errorf("the fault says %v", f)
	}
}
