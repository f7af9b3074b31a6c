package main

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// childAttr puts a child in a process group of its own, and has the kernel
// kill it should the benchmark die without a chance to stop it. The second
// is bound to the thread that starts the child.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// unprivileged has a child run as nobody when the benchmark runs as root.
// smtp-sink refuses to be root; its own option for this would change its user
// after the start, and with that cancel the kernel's promise above.
func unprivileged(attr *syscall.SysProcAttr) error {
	if os.Getuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
	if err != nil {
		return err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// datasync makes a file's contents durable. Overwriting written blocks needs
// no more than that, and it spares the file system's journal.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// inMemory tells whether a directory is on a file system that loses everything
// with the power, where durability costs nothing and its price means nothing.
func inMemory(dir string) bool {
	const tmpfs = 0x01021994 // statfs(2)
	var st syscall.Statfs_t
	return syscall.Statfs(dir, &st) == nil && st.Type == tmpfs
}
