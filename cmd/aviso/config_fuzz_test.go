package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzLoadConfig wants that no file and no variables make loadConfig panic,
// and that what it takes means the same after it was printed.
func FuzzLoadConfig(f *testing.F) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example), "")
	f.Add(uncommented(string(example)), "AVISO_EMAIL_RELAY_PRIMARY_PASSWORD=p\nAVISO_EMAIL_RELAY_PRIMARY_USERNAME=u")
	f.Add(full, "AVISO_HTTP_LISTEN=:0\nAVISO_SMS_COUNTRIES=GB,+44\nAVISO_LOG_LEVEL_FILE=x")
	f.Add("a.b.c = [{d = [[1]]}]\n[email]\nrelay = [{}, 1]\n[[sms.gateway.name]]\n", "AVISO_=\nAVISO_X")
	for _, test := range wrong {
		f.Add(test.text, "")
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text, environ string) {
		path := filepath.Join(folder, "aviso.toml")
		writeFile(t, path, text)
		c, _, err := loadConfig(path, strings.Split(environ, "\n"))
		if err != nil {
			if c != nil || err.Error() == "" {
				t.Fatalf("%v with %v", c, err)
			}
			return
		}
		var printed bytes.Buffer
		if err := c.print(&printed); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, printed.String())
		again, _, err := loadConfig(path, nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, &printed)
		}
		if diff := cmp.Diff(c.masked(), again, samePrefix); diff != "" {
			t.Fatal(diff)
		}
	})
}
