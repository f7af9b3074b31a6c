//go:build !linux

package story

import "syscall"

// childAttr puts a child in a process group of its own. Here no kernel ends it
// when the tests die without a chance to.
func childAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
