package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ticks is the kernel's USER_HZ, the unit of the times in /proc: 100 a second
// wherever Go runs on Linux. Elsewhere there is no /proc and CPU stays blank.
const ticks = 100

// procStat is what /proc/PID/stat tells of a process.
type procStat struct {
	name   string
	parent int
	own    float64 // CPU seconds of the process
	reaped float64 // CPU seconds of its children that have ended
}

func readStat(pid int) (procStat, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return procStat{}, false
	}
	return parseStat(string(text))
}

// parseStat reads the format of proc(5). The name is in parentheses and may
// hold any character, parentheses included.
func parseStat(text string) (procStat, bool) {
	open, shut := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || shut < open {
		return procStat{}, false
	}
	f := strings.Fields(text[shut+1:]) // state, parent, ...; utime is the 12th
	if len(f) < 15 {
		return procStat{}, false
	}
	var n [5]float64
	for i, at := range []int{1, 11, 12, 13, 14} {
		v, err := strconv.ParseFloat(f[at], 64)
		if err != nil {
			return procStat{}, false
		}
		n[i] = v
	}
	return procStat{
		name:   text[open+1 : shut],
		parent: int(n[0]),
		own:    (n[1] + n[2]) / ticks,
		reaped: (n[3] + n[4]) / ticks,
	}, true
}

// meter reads the CPU seconds that something has used since it started.
type meter struct {
	name    string
	seconds func() float64
}

// processMeter measures one process.
func processMeter(name string, pid int) meter {
	return meter{name, func() float64 {
		st, _ := readStat(pid)
		return st.own
	}}
}

// familyMeter measures a process and its children, those that have come and
// gone included: PostgreSQL has a child for every connection.
func familyMeter(name string, pid int) meter {
	return meter{name, func() float64 {
		st, _ := readStat(pid)
		sum := st.own + st.reaped
		dirs, _ := os.ReadDir("/proc")
		for _, dir := range dirs {
			child, err := strconv.Atoi(dir.Name())
			if err != nil {
				continue
			}
			if st, ok := readStat(child); ok && st.parent == pid {
				sum += st.own
			}
		}
		return sum
	}}
}

// busySeconds returns the CPU seconds that all cores have worked since boot.
func busySeconds() float64 {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	f := strings.Fields(line) // "cpu" user nice system idle iowait irq softirq steal ...
	sum := 0.0
	for _, at := range []int{1, 2, 3, 6, 7} {
		if at < len(f) {
			v, _ := strconv.ParseFloat(f[at], 64)
			sum += v
		}
	}
	return sum / ticks
}
