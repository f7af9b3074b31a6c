package test

import (
	"path/filepath"
	"testing"

	"aviso/test/story"
)

// What was acknowledged survives a power cut. kill -9 cannot show it: what a
// process has written outlives it in the kernel's memory, synced or not.
func TestPowerCut(t *testing.T) {
	crowd, node := cutPower(t, &aviso)
	if !node.Serves() {
		t.Fatalf("after a power cut aviso does not start:\n%s", node.Stderr())
	}

	crowd.AskAgain(node, crowd.Calls())
	for _, objection := range crowd.Close(node).Objections() {
		t.Error(objection)
	}
	for _, odd := range crowd.Odd() {
		t.Error(odd)
	}
	crowd.VerifyLedger()
}

// With either durable write taken out the same story must find something lost,
// or it would prove nothing.
func TestPowerCutIsNoticed(t *testing.T) {
	for name, without := range map[string]story.Doctored{
		"COMMIT":       {File: "db/sqlite.go", Old: "synchronous(FULL)", New: "synchronous(OFF)"},
		"the redo log": {File: "db/redo.go", Old: "|syscall.O_DSYNC", New: ""},
	} {
		t.Run(name, func(t *testing.T) {
			forgetful := story.Binary{Doctored: &without}
			t.Cleanup(forgetful.Remove)
			crowd, node := cutPower(t, &forgetful)
			if !node.Serves() {
				if name == "the redo log" {
					t.Errorf("what is not whole there should have been passed over:\n%s", node.Stderr())
				}
				return // not even the file is whole
			}
			if missing := crowd.Missing(node); len(missing) == 0 {
				t.Errorf("without its sync there are still all of %d messages: this was no power cut", crowd.Acknowledged())
			}
		})
	}
}

// cutPower cuts the power under load and starts the program on what is left.
func cutPower(t *testing.T, program *story.Binary) (*story.Crowd, *story.Node) {
	disk := story.NewDisk(t)
	crowd := program.Crowd(t, "sqlite:"+filepath.Join(disk.Dir, "aviso.db"))
	disk.Sync() // the accounts were made long before
	node := crowd.Serve()
	stopped := crowd.Load(node)
	crowd.AwaitMore(t, 200)
	disk.CutPower(node)
	stopped()
	return crowd, crowd.Start()
}
