package test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"aviso/test/story"
)

// Every command of the README works as it stands there, in its order: first
// those for the demo, then those for production.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	demo, production, ok := strings.Cut(string(text), "## To production")
	if !ok {
		t.Fatal("the README has no section about production")
	}
	house := aviso.Install(t, "sqlite:"+t.TempDir()+"/aviso.db", story.Settings{Relay: "sandbox:"})
	dir := house.Workshop("../aviso.example.toml")
	node := house.Serve("--demo")
	token := regexp.MustCompile(`hyd-mail-\w+`).FindString(node.Says("curl " + node.URL))
	firstText := node.Says("/api/messages -H")
	environ := []string{"AVISO_URL=" + node.URL, "AVISO_KEY=" + token, "AVISO_CONFIG=" + house.Config(),
		"AVISO_SMS_URL=" + regexp.MustCompile(`http://[^/]+`).FindString(firstText), "AVISO_SMS_TOKEN=" + regexp.MustCompile(`hyd-sms-\w+`).FindString(firstText)}
	for _, command := range commands(t, demo) {
		switch {
		case strings.HasPrefix(command, "make "):
			// Running them is what the demo above and this test run are.
			say(t, "..", nil, "make -n "+strings.TrimPrefix(command, "make "))
		case strings.HasPrefix(command, "bin/aviso"):
			say(t, dir, environ, command+" --config $AVISO_CONFIG")
		default:
			want := `"status":"sent"`
			if !strings.Contains(command, "recipient") && strings.Contains(command, "/api/messages") {
				want = `"content":"two pizzas"`
			}
			if answer := say(t, dir, environ, command); !strings.Contains(answer, want) {
				t.Errorf("%s\nanswers %s", command, answer)
			}
		}
	}
	for _, command := range commands(t, production) {
		if strings.Contains(command, " serve ") {
			continue // the last of its kind: nothing would come after it
		}
		say(t, dir, nil, command)
	}
}

// commands returns what stands in the README's shell blocks.
func commands(t *testing.T, text string) (list []string) {
	t.Helper()
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for _, line := range strings.Split(strings.ReplaceAll(block[1], "\\\n", " "), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				list = append(list, line)
			}
		}
	}
	if len(list) == 0 {
		t.Fatal("no command was found")
	}
	return list
}

// say types a command into a shell.
func say(t *testing.T, dir string, environ []string, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AVISO_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, environ...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}
