package story

import (
	"os/exec"
	"testing"
)

// Set changes settings of a running Postfix, such as "smtpd_tls_security_level
// = may" (postconf(5)), and returns when it goes by them.
func (p *Postfix) Set(t testing.TB, settings ...string) {
	t.Helper()
	config := p.cmd.Args[2] // master -c CONFIG
	for _, command := range [][]string{append([]string{"postconf", "-c", config, "-e"}, settings...), {"postfix", "-c", config, "reload"}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	if p.stdout.line("reload -- version") == "" {
		t.Fatalf("Postfix did not reload:\n%s", p.Stdout())
	}
}
