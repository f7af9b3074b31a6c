package smtprelay_test

import (
	"fmt"
	"slices"
	"testing"

	"aviso/transport/smtprelay"
	"aviso/transport/smtprelay/smtptest"
	"aviso/transport/transporttest"
)

// config is a relay in clear text at srv.
func config(srv *smtptest.Server) smtprelay.Config {
	return smtprelay.Config{
		Name:     "test",
		Endpoint: smtprelay.Endpoint{Host: srv.Host, Port: srv.Port, TLS: smtprelay.None},
	}
}

func open(t *testing.T, cfg smtprelay.Config) *smtprelay.Relay {
	t.Helper()
	r := smtprelay.New(cfg)
	t.Cleanup(r.Close)
	return r
}

func TestStory(t *testing.T) {
	t.Run("pipelining", func(t *testing.T) { story(t, smtptest.DefaultExtensions()) })
	t.Run("command by command", func(t *testing.T) { story(t, []string{}) })
}

func story(t *testing.T, extensions []string) {
	transporttest.Run(t, func(t *testing.T) transporttest.Hop {
		silent := make(chan struct{}, 1)
		srv := smtptest.Start(t, smtptest.Options{
			Extensions: extensions,
			Answer: func(step smtptest.Step) smtptest.Answer {
				switch {
				case step.Verb == "RCPT" && step.Arg == "no@story.test":
					return smtptest.Answer{Say: "550 5.1.1 nobody here"}
				case step.Verb == "RCPT" && step.Arg == "later@story.test":
					return smtptest.Answer{Say: "450 4.2.1 not now"}
				case step.Verb == "RCPT" && step.Arg == "early@story.test",
					step.Verb == "DOT" && slices.Contains(step.To, "late@story.test"):
					silent <- struct{}{}
					return smtptest.Answer{Then: smtptest.Hang, Say: ""}
				}
				return smtptest.Answer{}
			},
		})
		cfg := config(srv)
		cfg.MaxConnections = 4
		return transporttest.Hop{
			Mailer:      open(t, cfg),
			Taken:       func(n int) string { return fmt.Sprintf("yes%d@story.test", n) },
			Refused:     "no@story.test",
			Later:       "later@story.test",
			SilentEarly: "early@story.test",
			SilentLate:  "late@story.test",
			Silent:      silent,
		}
	})
}
