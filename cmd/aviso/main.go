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
	"io"
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
	Sender    senderCommand    `cmd:"" help:"Addresses that email is sent from."`
	Relay     relayCommand     `cmd:"" help:"Servers that email is handed to."`
	SMS       smsCommand       `cmd:"" name:"sms" help:"Who may send texts, and texts nobody knows the fate of."`
	Shortcode shortcodeCommand `cmd:"" help:"First words by which texts come to an account."`
	Gateway   gatewayCommand   `cmd:"" help:"Ways by which texts leave and come in."`
	Queue     queueCommand     `cmd:"" help:"Email that is not over; and hold, which stops texts too."`
	Inbox     inboxCommand     `cmd:"" help:"What the sandbox captured."`
	Ledger    ledgerCommand    `cmd:"" help:"The proof that no credit is lost."`
	Backup    backupCommand    `cmd:"" name:"backup" help:"Write the database to one file, while the server runs."`
	Restore   restoreCommand   `cmd:"" help:"Fill an empty database of either kind from a backup."`
	Settings  configCommand    `cmd:"" name:"config" help:"The configuration."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database to this version."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
	BenchSeed benchSeedCommand `cmd:"" hidden:"" help:"Make accounts and keys for the benchmark."`
}

// world is what the program has of the world outside.
type world struct {
	environ []string
	out     io.Writer // answers
	errs    io.Writer // the log, warnings, and why a command failed
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], world{os.Environ(), os.Stdout, os.Stderr}))
}

// The ways in which a run ends.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // what was typed is no command
)

func run(ctx context.Context, args []string, w world) int {
	var c commands
	parser := kong.Must(&c, kong.Name("aviso"), kong.Description("Transactional email and SMS for prepaid credits."),
		kong.Writers(w.out, w.errs), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(w.errs, "aviso: %s\nWith --help, aviso and each of its commands says how it is used.\n", err)
		return exitUsage
	}
	a := &app{ctx: ctx, world: w, configFile: c.Config, json: c.JSON}
	defer a.close()
	if _, ok := parsed.Selected().Target.Addr().Interface().(unconfigured); !ok {
		err = a.configure()
	}
	if err == nil {
		err = parsed.Run(a)
	}
	if err != nil && !errors.Is(err, errAnswered) {
		fmt.Fprintln(w.errs, "aviso: "+explain(err))
	}
	if err != nil {
		return exitFailed
	}
	return exitOK
}

// unconfigured is a command that needs no configuration, or judges it itself.
type unconfigured interface{ unconfigured() }

// errAnswered ends a command that has failed and has said so in its answer.
var errAnswered = errors.New("the answer says what is wrong")

// explain writes an error for the operator's shell: a fault's sentence, or
// the error itself, since who runs commands may see causes.
func explain(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Internal {
		return f.Message
	}
	return err.Error()
}
