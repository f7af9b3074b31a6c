//go:build !linux

package main

import (
	"os"
	"syscall"
)

// childAttr knows no way here to have children die with the benchmark; they
// end by their own limit.
func childAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func unprivileged(*syscall.SysProcAttr) error { return nil }

func datasync(f *os.File) error { return f.Sync() }

func inMemory(string) bool { return false }
