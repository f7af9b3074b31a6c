package story

import "syscall"

// childAttr puts a child in a process group of its own, and has the kernel
// kill it should the tests die without a chance to stop it.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
