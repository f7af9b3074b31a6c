package story

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Disk is a file system of its own in an image file, from which the power can
// be cut: what nobody has asked the kernel to make durable is in its memory
// only, and not in the image.
type Disk struct {
	Dir   string // where it is mounted
	t     testing.TB
	image string
}

// NewDisk makes and mounts a disk. Only root may.
func NewDisk(t testing.TB) *Disk {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("a power cut needs a mounted disk image: run this test as root")
	}
	at := t.TempDir()
	d := &Disk{t: t, Dir: filepath.Join(at, "disk"), image: filepath.Join(at, "disk.img")}
	if err := os.Mkdir(d.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d.run("truncate", "-s", "128M", d.image)
	d.run("mkfs.ext4", "-q", "-F", d.image)
	d.mount()
	t.Cleanup(d.unmount)
	return d
}

// Sync makes everything on the disk durable.
func (d *Disk) Sync() { d.run("sync", "-f", d.Dir) }

// CutPower goes back to what had reached the image at the moment the node was
// stopped in the middle of whatever it did.
func (d *Disk) CutPower(n *Node) {
	d.t.Helper()
	n.Freeze()
	cut := d.image + ".cut"
	d.run("cp", "--sparse=always", d.image, cut)
	n.Kill()
	d.unmount()
	if err := os.Rename(cut, d.image); err != nil {
		d.t.Fatal(err)
	}
	d.mount()
}

func (d *Disk) mount() {
	d.t.Helper()
	d.run("mount", "-o", "loop", d.image, d.Dir)
}

func (d *Disk) unmount() { d.run("umount", d.Dir) }

func (d *Disk) run(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
