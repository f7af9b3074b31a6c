package email

import (
	"context"
	"time"

	"aviso/fault"
	"aviso/nexthop"
	"aviso/transport"
)

// TestRelay has a server send a small message through a relay, from the
// installation's sender, and waits for the outcome; see nexthop.Tester.Try.
func (s *Service) TestRelay(ctx context.Context, actor, relay, to string, patience time.Duration) (nexthop.Test, error) {
	if _, err := s.known(relay); err != nil {
		return nexthop.Test{}, err
	}
	mailbox, err := ParseAddress(to)
	if err != nil {
		return nexthop.Test{}, fault.Field("INVALID_ADDRESS", "to", err.Error())
	}
	return s.tests.Try(ctx, actor, relay, mailbox.Address, patience)
}

func (s *Service) sendTest(ctx context.Context, t nexthop.Test) (transport.Outcome, string) {
	d, f := NewDraft(&Request{To: []string{t.Recipient}, Subject: "Test of the relay " + t.NextHop,
		Text: "Aviso sent this through its relay " + t.NextHop + ", because its operator asked for a test.\n"}, Limits{BodyBytes: 1000, Recipients: 1})
	if f != nil {
		return transport.Refused, f.Message
	}
	from := InstallationSender(s.domain)
	c := d.Compose(Heading{From: from, MessageID: s.messageID(t.ID), Date: s.now()})
	v := s.relay(t.NextHop).Mailer.Send(ctx, &transport.Mail{ID: t.ID, From: from, To: []string{d.Recipients[0].Wire}, Data: c.Data,
		EightBit: c.EightBit, UTF8: c.UTF8}).Verdicts[0]
	return v.Outcome, v.Text
}
