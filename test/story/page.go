package story

import (
	"os"
	"strings"
)

// dashboard is what the flows of the page want of a configuration: whoever comes
// may make an account, has credits for a start, and may have a webhook beside it.
const dashboard = `
[accounts]
registration = "open"
email_starter_credits = 25
[sms]
webhook_allow = ["127.0.0.0/8"]
`

// Person is somebody who can sign in.
type Person struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Stage is what a flow of the page is told.
type Stage struct {
	URL      string `json:"url"`      // of the dashboard
	Operator Person `json:"operator"` // who has a password of their own already
	Demo     Person `json:"demo"`     // the demo's operator, as it prints them
	Key      string `json:"key"`      // the demo's email key, with 1000 credits
	Shots    string `json:"shots"`    // the folder for pictures
	Browser  string `json:"browser"`  // where it is driven; set by Play
}

// Dashboard starts a demo for the flows of the page.
func (i *Installation) Dashboard(shots string) Stage {
	i.t.Helper()
	text, err := os.ReadFile(i.config)
	if err != nil {
		i.t.Fatal(err)
	}
	i.write(i.config, string(text)+dashboard)
	node := i.Serve("--demo")
	s := Stage{URL: node.URL, Shots: shots, Operator: Person{"operator@aviso.test", "an operator's own password"}}
	s.Demo = Person{strings.Fields(node.Says("Administrator"))[1], strings.Fields(node.Says("Password"))[1]}
	s.Key = strings.Fields(node.Says("Email key"))[2]
	i.Run("account", "create", "--admin", "--email", s.Operator.Email, "--password", s.Operator.Password)
	return s
}
