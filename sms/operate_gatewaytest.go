package sms

import (
	"context"
	"time"

	"aviso/nexthop"
	"aviso/transport"
)

// TestGateway has a server send a small text through a gateway, from that
// gateway's sender, and waits for the outcome; see nexthop.Tester.Try.
func (s *Service) TestGateway(ctx context.Context, actor, gateway, to string, patience time.Duration) (nexthop.Test, error) {
	if _, err := s.known(gateway); err != nil {
		return nexthop.Test{}, err
	}
	number, f := ParseNumber(to)
	if f != nil {
		f.Field = "to"
		return nexthop.Test{}, f
	}
	return s.tests.Try(ctx, actor, gateway, number, patience)
}

// reaches says whether this node has a link to a gateway.
func (s *Service) reaches(name string) bool {
	g := s.gateway(name)
	return g != nil && g.here()
}

func (s *Service) sendTest(ctx context.Context, t nexthop.Test) (transport.Outcome, string) {
	g := s.gateway(t.NextHop)
	text := &transport.Text{ID: t.ID, From: s.senderOf(g), To: t.Recipient, Reference: uint16(s.references.Add(1)), Unreported: true,
		Content: "Aviso sent this through its gateway " + t.NextHop + ", because its operator asked for a test."}
	text.Encoding, text.Parts = Split(text.Content, g.Wide)
	text.PartReferences = references(t.ID, len(text.Parts))
	v := g.Texter.Send(ctx, text).Verdicts[0]
	return v.Outcome, oneLine(v.Text)
}
