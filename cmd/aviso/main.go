// Command aviso sends transactional email and SMS for prepaid credits: one
// program that serves, and the operator's commands beside it.
//
// It reads the configuration, wires the packages together and starts every
// goroutine; no rule lives here.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"aviso/fault"
)

// version is set by the linker.
var version = "dev"

// commands is everything that can be typed after aviso.
type commands struct {
	Config string `help:"Configuration file (TOML)." type:"path" placeholder:"FILE"`
	JSON   bool   `help:"Answer with one JSON value." name:"json"`

	Serve     serveCommand     `cmd:"" help:"Run the server."`
	Account   accountCommand   `cmd:"" help:"Customers and operators."`
	Credit    creditCommand    `cmd:"" help:"Prepaid credits."`
	Key       keyCommand       `cmd:"" help:"API keys for email."`
	Inbox     inboxCommand     `cmd:"" help:"What the sandbox captured."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database to this version."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
	BenchSeed benchSeedCommand `cmd:"" hidden:"" help:"Make accounts and keys for the benchmark."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	var c commands
	parser := kong.Must(&c, kong.Name("aviso"), kong.Description("Transactional email and SMS for prepaid credits."), kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	parsed, err := parser.Parse(args)
	parser.FatalIfErrorf(err)
	a, err := newApp(ctx, c.Config, c.JSON)
	if err == nil {
		defer a.close()
		err = parsed.Run(a)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "aviso: "+explain(err))
		return 1
	}
	return 0
}

// explain writes an error for the operator's shell: a fault's sentence, or
// the error itself, since who runs commands may see causes.
func explain(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Internal {
		return f.Message
	}
	return err.Error()
}
