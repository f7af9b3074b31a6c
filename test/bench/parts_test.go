package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestParseStat(t *testing.T) {
	const text = "4711 (a ) name) S 17 4711 1 0 -1 4194560 99 0 0 0 150 50 30 20 20 0 5 0 8812\n"
	want := procStat{name: "a ) name", parent: 17, own: 2, reaped: 0.5}
	if got, ok := parseStat(text); !ok || got != want {
		t.Errorf("got %+v, %v; want %+v", got, ok, want)
	}
	for _, bad := range []string{"", ")(", "1 (x) S 1 2", strings.Replace(text, "150", "x", 1)} {
		if got, ok := parseStat(bad); ok {
			t.Errorf("%q gave %+v", bad, got)
		}
	}
}

func TestLastCount(t *testing.T) {
	for log, want := range map[string]int{
		"": 0,
		"sess=1 quit=0 mesg=41\rsess=1 quit=0 mesg=42\r": 42,
		"mesg=41\nmesg=42\n":                             42,
		"mesg=41\nmesg=4":                                41, // cut short
		"mesg=41\nwarning: something\n":                  41,
	} {
		if got := lastCount([]byte(log)); got != want {
			t.Errorf("%q: %d, want %d", log, got, want)
		}
	}
}

func TestRequestsUseKeysInTurnAndNumberTheMessages(t *testing.T) {
	calls, err := newRequests("http://127.0.0.1:1"+sendPath, []string{"first", "second"})
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := bytes.Cut(calls.appendTo(nil, 1234567), []byte("\r\n\r\n"))
	if !bytes.HasSuffix(head, []byte("\r\nAuthorization: Bearer second")) {
		t.Errorf("call 1234567 has the head %q", head)
	}
	var d draft
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	if len(d.HTML) != 2048 || len(d.To) != 1 || d.Subject != "Order 0001234567" || !strings.Contains(d.HTML, "Order 0001234567<") {
		t.Errorf("%d bytes of HTML, to %q, subject %q", len(d.HTML), d.To, d.Subject)
	}
	if again := calls.appendTo(nil, 2); bytes.Contains(again, []byte("1234567")) || !bytes.Contains(again, []byte("Bearer first")) {
		t.Errorf("call 2 is %q", again)
	}
}

func TestAppendDotted(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"a":               "a\r\n",
		"a\nb\n":          "a\r\nb\r\n",
		"a\r\nb\r\n":      "a\r\nb\r\n",
		".\n..\na.\n\n.b": "..\r\n...\r\na.\r\n\r\n..b\r\n",
	} {
		if got := string(appendDotted(nil, []byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-callers", "64,1,64", "-only", "sqlite,bare"})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.callers) != 2 || o.callers[0] != 1 || !o.wants("sqlite") || o.wants("postgres") {
		t.Errorf("%+v", o)
	}
	for _, c := range []struct{ args, want string }{
		{"-callers 0", "-callers"},
		{"-callers 1,x", `"x"`},
		{"-only peer", "bare-durable"},
		{"-runs 0", "-runs"},
		{"-n 99", "-n"},
		{"all", `"all"`},
		{"-n 100000", "120 a minute"},
	} {
		if _, err := parseOptions(strings.Fields(c.args)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %s", c.args, err, c.want)
		}
	}
}
