package main

import (
	"fmt"
	"io"

	"aviso/credit"
	"aviso/email"
	"aviso/sms"
)

type ledgerCommand struct {
	Verify ledgerVerify `cmd:"" help:"Prove every balance and what every message cost; exit 1 names the rows that are wrong."`
}

type ledgerVerify struct{}

type ledgerView struct {
	OK       bool          `json:"ok"`
	Balances int64         `json:"balances"`
	Entries  int64         `json:"entries"`
	Messages int64         `json:"messages"`
	Wrong    int64         `json:"wrong"`
	Problems []problemView `json:"problems"`
}

type problemView struct {
	Account string `json:"account"`
	Product string `json:"product"`
	Row     string `json:"row"`
	Problem string `json:"problem"`
}

// problemsShown is enough to see what is wrong; all are counted.
const problemsShown = 1000

// Run verifies the ledger. A server may go on meanwhile.
func (c *ledgerVerify) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	v := ledgerView{Problems: []problemView{}}
	report := func(p credit.Problem) {
		if v.Wrong++; v.Wrong <= problemsShown {
			v.Problems = append(v.Problems, problemView{p.Account, string(p.Product), p.Row, p.Text})
		}
	}
	books, err := credit.Verify(a.ctx, d, report)
	if err != nil {
		return err
	}
	mail, err := email.Verify(a.ctx, d, report)
	if err != nil {
		return err
	}
	texts, err := sms.Verify(a.ctx, d, report)
	if err != nil {
		return err
	}
	v.OK, v.Balances, v.Entries, v.Messages = v.Wrong == 0, books.Balances, books.Entries, mail.Messages+texts.Messages
	if err := a.print(v, v.text); err != nil || v.OK {
		return err
	}
	return errAnswered
}

func (v *ledgerView) text(w io.Writer) {
	if v.OK {
		fmt.Fprintln(w, "The books are right.")
		v.size(w)
		return
	}
	fmt.Fprintln(w, "ACCOUNT\tPRODUCT\tROW\tPROBLEM")
	for _, p := range v.Problems {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Account, p.Product, printable(p.Row), printable(p.Problem))
	}
	fmt.Fprintf(w, "\nwrong\t%d\n", v.Wrong)
	v.size(w)
}

func (v *ledgerView) size(w io.Writer) {
	fmt.Fprintf(w, "balances\t%d\nentries\t%d\nmessages\t%d\n", v.Balances, v.Entries, v.Messages)
}
