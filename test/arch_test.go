package test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rule is what one package may import of the house, and why no more.
type rule struct {
	from string
	may  []string
	why  string
}

// house is the picture of the program: arrows only fall. A package that is new
// gets its line here first. What would need an arrow up is handed in by cmd.
var house = []rule{
	{"fault", nil, "an error's kind has to be nameable everywhere, so it knows nobody"},
	{"db", nil, "both engines behind one SQL text; whose tables they are is not its business"},
	{"db/dbtest", []string{"db"}, "it makes empty databases; what tests put in is theirs"},
	{"queue", []string{"db"}, "a loop and a gate for anybody's due work; the SQL stays with the feature"},
	{"numbered", []string{"db", "fault"}, "a page of a numbered list is the same for any rows; whose they are and what a filter wants is handed in"},
	{"node", []string{"db"}, "who serves is said to people, and decides nothing"},
	{"audit", []string{"db"}, "everybody writes to it, so it can know nobody"},
	{"account", []string{"audit", "db", "fault"}, "who calls is known before what it costs, and without it"},
	{"account/accounttest", []string{"account", "credit", "db"}, "a customer is an account, credits and a key, whatever is bought with them"},
	{"credit", []string{"audit", "db", "fault"}, "money never knows what is bought, nor who may buy"},
	{"transport", nil, "the words about carrying a message: taken, refused, later, unknown"},
	{"transport/sandbox", []string{"transport", "fault"}, "a transport answers one question and keeps no rows: where captured mail goes is handed in"},
	{"transport/smtprelay", []string{"transport", "fault"}, "a transport answers one question; accounts, credits and retries are none of its business"},
	{"transport/smtprelay/smtptest", nil, "a server that would use our client's code would share its mistakes"},
	{"transport/smpp", []string{"transport", "fault"}, "a transport answers one question; whose text it is and what it costs are none of its business"},
	{"transport/smpp/smpptest", []string{"test/npm"}, "a message centre that would use our client's code would share its mistakes"},
	{"transport/httpsms", []string{"transport", "fault"}, "the same for gateways that speak HTTP; their callbacks are handlers that cmd hands to the door"},
	{"transport/webhook", []string{"transport", "fault"}, "one POST to a stranger's address, and what came of it"},
	{"transport/transporttest", []string{"transport"}, "the story of any transport cannot know one of them"},
	{"nexthop", []string{"audit", "transport", "queue", "db", "fault"}, "what an operator does to a relay or a gateway is the same; sending by it is each product's own"},
	{"inbox", []string{"transport", "db"}, "it keeps what the sandbox captured, and is no part of how email is sent"},
	{"email", []string{"nexthop", "numbered", "account", "credit", "audit", "transport", "queue", "db", "fault"}, "the rules of email know neither a door nor a particular relay"},
	{"sms", []string{"nexthop", "numbered", "account", "credit", "audit", "transport", "queue", "db", "fault"}, "the rules of texts know neither a door nor a particular gateway"},
	{"billing", []string{"account", "credit", "audit", "db", "fault"}, "what is sold becomes entries and dates; what they are used for is others' business"},
	{"web", nil, "the page is files; what it shows it asks the door for"},
	{"api", []string{"email", "sms", "nexthop", "billing", "account", "credit", "inbox", "audit", "fault"}, "a door knows no rules, and no SQL: it has no way to the database"},
	{"submission", []string{"email", "account", "fault"}, "a door knows no rules, and no SQL; it makes the same call as the other door"},
	{"cmd/aviso", everything, "it assigns everything to everything, and holds no rule"},
	{"test/npm", nil, "programs by others know nothing of ours"},
	{"test", everything, "stories stand outside"},
	{"test/story", everything, "stories stand outside"},
	{"test/bench", everything, "a benchmark stands outside"},
}

// outside is which packages may import something that is not ours. Whatever
// begins with the path counts. Tests are not asked.
var outside = []struct {
	path string
	may  []string
	why  string
}{
	{"github.com/jackc/pgx", []string{"db", "db/dbtest", "test/bench"}, "SQL has one text for both engines; a driver in a feature would be the end of that"},
	{"modernc.org/sqlite", []string{"db"}, "SQL has one text for both engines; a driver in a feature would be the end of that"},
	{"database/sql", []string{"db"}, "features get a *db.Tx, which times and retries what they ask"},
	{"github.com/pressly/goose", []string{"db"}, "one package migrates"},
	{"github.com/stripe/stripe-go", []string{"billing"}, "a price, a card and a dispute belong to one package"},
	{"net/http", []string{"api", "web", "cmd/aviso", "transport/httpsms", "transport/webhook", "test/bench", "test/story"}, "rules do not know by which door a call came"},
	{"net/smtp", nil, "it is frozen, writes a command at a time and reports one error for all recipients"},
	{"github.com/alecthomas/kong", []string{"cmd/aviso"}, "nothing below the commands has flags"},
	{"github.com/pelletier/go-toml", []string{"cmd/aviso"}, "configuration is read once, and handed in"},
	{"os/exec", []string{"test/bench", "test/npm", "test/story", "transport/smpp/smpptest"}, "the program is one process"},
	{"testing", []string{"account/accounttest", "db/dbtest", "transport/smpp/smpptest", "transport/smtprelay/smtptest", "transport/transporttest", "test/npm", "test/story"}, "what is for tests stays out of the binary"},
}

var everything = []string{"..."}

// drawers are names that say nothing about what is inside.
var drawers = []string{"util", "utils", "common", "models", "types", "helpers", "pkg", "misc"}

const (
	module        = "aviso"
	fileBudget    = 500 // lines
	functionLines = 90
)

// sleepers may call time.Sleep; everybody else waits for a signal or a timer
// that can be stopped.
var sleepers = map[string]string{
	"db/turn.go": "the committer has nothing to wait for: it leaves SQLite's lock to processes that poll for it",
}

// pack is a package of ours as `go list` tells of it.
type pack struct {
	ImportPath, Name, Dir, Doc                         string
	Imports, Deps                                      []string
	GoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string

	at string // its folder, from the root; "." for the root itself
}

func list(t *testing.T) (packs []pack, root string) {
	t.Helper()
	fields := "-json=ImportPath,Name,Dir,Doc,Imports,Deps,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles"
	d := json.NewDecoder(strings.NewReader(command(t, "go", "list", "-buildvcs=false", fields, module+"/...")))
	for d.More() {
		var p pack
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		p.at = strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		packs = append(packs, p)
	}
	return packs, strings.TrimSpace(command(t, "go", "list", "-m", "-f", "{{.Dir}}"))
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return string(out)
}

func TestArchImportsFall(t *testing.T) {
	packs, _ := list(t)
	rules := map[string]rule{}
	for _, r := range house {
		rules[r.from] = r
	}
	for _, p := range packs {
		r, ok := rules[p.at]
		if !ok {
			t.Errorf("package %s has no place in the house: give it a line, with a reason", p.at)
			continue
		}
		for _, i := range p.Imports {
			target, ours := strings.CutPrefix(i, module+"/")
			if ours && !slices.Contains(r.may, target) && !slices.Equal(r.may, everything) {
				t.Errorf("%s imports %s, and may import %v: %s", p.at, target, r.may, r.why)
			}
		}
	}
}

func TestArchOutsideWorld(t *testing.T) {
	packs, _ := list(t)
	for _, p := range packs {
		for _, rule := range outside {
			for _, i := range p.Imports {
				if (i == rule.path || strings.HasPrefix(i, rule.path+"/")) && !slices.Contains(rule.may, p.at) {
					t.Errorf("%s imports %s, which only %v may: %s", p.at, i, rule.may, rule.why)
				}
			}
		}
		if strings.HasPrefix(p.at, "transport") && slices.Contains(p.Deps, "database/sql") {
			t.Errorf("%s reaches a database; a transport has nothing to remember", p.at)
		}
	}
}

// A rule about a package that is gone would rot without a word.
func TestArchRulesAreAlive(t *testing.T) {
	packs, root := list(t)
	alive := map[string]bool{"...": true}
	for _, p := range packs {
		alive[p.at] = true
	}
	for _, r := range house {
		for _, name := range append([]string{r.from}, r.may...) {
			if !alive[name] {
				t.Errorf("the rule of %s names %s, which does not exist", r.from, name)
			}
		}
	}
	for _, r := range outside {
		for _, name := range r.may {
			if !alive[name] {
				t.Errorf("the rule about %s names %s, which does not exist", r.path, name)
			}
		}
	}
	for file := range sleepers {
		if n := len(sleeps(t, parse(t, filepath.Join(root, file)))); n == 0 {
			t.Errorf("%s sleeps no more: take it off the list", file)
		}
	}
}

func TestArchPackagesHaveANameAndAComment(t *testing.T) {
	packs, _ := list(t)
	for _, p := range packs {
		if slices.Contains(drawers, p.Name) || slices.Contains(drawers, path.Base(p.at)) {
			t.Errorf("package %s is a drawer: name it after its subject", p.at)
		}
		if p.Doc == "" {
			t.Errorf("package %s has no comment: say what it is for and what it never does", p.at)
		}
	}
}

func TestArchFilesAreShort(t *testing.T) {
	packs, root := list(t)
	for _, p := range packs {
		product := p.at != "test" && !strings.HasPrefix(p.at, "test/")
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			f := parse(t, filepath.Join(p.Dir, name))
			f.name, _ = filepath.Rel(root, f.name)
			if ast.IsGenerated(f.File) {
				continue
			}
			if lines := f.line(f.FileEnd); lines > fileBudget {
				t.Errorf("%s has %d lines, and %d are enough: it has more than one subject", f.name, lines, fileBudget)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if lines := f.line(d.End()) - f.line(d.Pos()) + 1; ok && lines > functionLines {
					t.Errorf("%s: %s has %d lines, and %d are enough", f.name, fn.Name.Name, lines, functionLines)
				}
			}
			if test := strings.HasSuffix(name, "_test.go"); product && !test && sleepers[f.name] == "" {
				for _, at := range sleeps(t, f) {
					t.Errorf("%s sleeps; wait for a signal, or for a timer that can be stopped", at)
				}
			}
		}
	}
}

// SQLite's translation and the C library it was made with are one thing; with
// another version of the second it breaks without an error.
func TestArchSQLiteHasItsOwnLibc(t *testing.T) {
	var wants struct {
		Require []struct{ Path, Version string }
	}
	goMod := strings.TrimSpace(command(t, "go", "list", "-m", "-f", "{{.GoMod}}", "modernc.org/sqlite"))
	if err := json.Unmarshal([]byte(command(t, "go", "mod", "edit", "-json", goMod)), &wants); err != nil {
		t.Fatal(err)
	}
	const libc = "modernc.org/libc"
	have := strings.TrimSpace(command(t, "go", "list", "-m", "-f", "{{.Version}}", libc))
	for _, r := range wants.Require {
		if r.Path == libc {
			if r.Version != have {
				t.Errorf("%s is %s, and modernc.org/sqlite was made with %s: go get %s@%s", libc, have, r.Version, libc, r.Version)
			}
			return
		}
	}
	t.Errorf("%s asks for no %s", goMod, libc)
}

// source is one parsed file.
type source struct {
	*ast.File
	set  *token.FileSet
	name string
}

func parse(t *testing.T, name string) *source {
	t.Helper()
	s := &source{set: token.NewFileSet(), name: name}
	var err error
	if s.File, err = parser.ParseFile(s.set, name, nil, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *source) line(at token.Pos) int { return s.set.Position(at).Line }

// sleeps returns where a file calls time.Sleep.
func sleeps(t *testing.T, s *source) (found []string) {
	t.Helper()
	ast.Inspect(s.File, func(n ast.Node) bool {
		if e, ok := n.(*ast.SelectorExpr); ok && e.Sel.Name == "Sleep" {
			if x, ok := e.X.(*ast.Ident); ok && x.Name == "time" {
				found = append(found, fmt.Sprintf("%s:%d", s.name, s.line(e.Pos())))
			}
		}
		return true
	})
	return found
}
