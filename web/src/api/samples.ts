/** One way to write a call: the language, and the code. */
export interface Sample {
	language: string;
	code: string;
}

/** A call of the email API: where, and with which key. */
export interface EmailCall {
	url: string;
	token: string;
	to: string;
}

/** Stands in snippets where a key belongs that is not known any more. */
export const someEmailKey = "YOUR_API_KEY";
export const someSMSToken = "YOUR_TOKEN";

/** The first email, in the languages people ask for. */
export function emailSamples({ url, token, to }: EmailCall): Sample[] {
	const address = `${url}/api/v1/email/send`;
	return [
		{
			language: "curl",
			code: `curl ${address} \\
  -H 'Authorization: Bearer ${token}' \\
  -H 'Content-Type: application/json' \\
  -d '{"to": "${to}", "subject": "Hello", "text": "It works."}'`,
		},
		{
			language: "Node",
			code: `const answer = await fetch("${address}", {
  method: "POST",
  headers: {
    Authorization: "Bearer ${token}",
    "Content-Type": "application/json",
  },
  body: JSON.stringify({ to: "${to}", subject: "Hello", text: "It works." }),
});
console.log(answer.status, await answer.json());`,
		},
		{
			language: "Python",
			code: `import json, urllib.request

call = urllib.request.Request(
    "${address}",
    headers={
        "Authorization": "Bearer ${token}",
        "Content-Type": "application/json",
    },
    data=json.dumps({"to": "${to}", "subject": "Hello", "text": "It works."}).encode(),
)
with urllib.request.urlopen(call) as answer:
    print(answer.status, json.load(answer))`,
		},
		{
			language: "Go",
			code: `package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

func main() {
	body := strings.NewReader(\`{"to": "${to}", "subject": "Hello", "text": "It works."}\`)
	call, err := http.NewRequest("POST", "${address}", body)
	if err != nil {
		panic(err)
	}
	call.Header.Set("Authorization", "Bearer ${token}")
	call.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(said), err)
}`,
		},
	];
}

/** The first text, likewise. The token stands in the header as it is. */
export function smsSamples({ url, token, to }: EmailCall): Sample[] {
	const address = `${url}/api/messages`;
	return [
		{
			language: "curl",
			code: `curl ${address} \\
  -H 'Authorization: ${token}' \\
  --data-urlencode 'recipient=${to}' \\
  --data-urlencode 'content=It works.'`,
		},
		{
			language: "Node",
			code: `const answer = await fetch("${address}", {
  method: "POST",
  headers: { Authorization: "${token}" },
  body: new URLSearchParams({ recipient: "${to}", content: "It works." }),
});
console.log(answer.status, await answer.json());`,
		},
		{
			language: "Python",
			code: `import json, urllib.parse, urllib.request

call = urllib.request.Request(
    "${address}",
    headers={"Authorization": "${token}"},
    data=urllib.parse.urlencode({"recipient": "${to}", "content": "It works."}).encode(),
)
with urllib.request.urlopen(call) as answer:
    print(answer.status, json.load(answer))`,
		},
		{
			language: "Go",
			code: `package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

func main() {
	form := url.Values{"recipient": {"${to}"}, "content": {"It works."}}
	call, err := http.NewRequest("POST", "${address}", strings.NewReader(form.Encode()))
	if err != nil {
		panic(err)
	}
	call.Header.Set("Authorization", "${token}")
	call.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(said), err)
}`,
		},
	];
}
