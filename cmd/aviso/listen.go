package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen opens a host:port on all addresses it stands for: localhost is
// 127.0.0.1 and ::1, where the machine has it. With move a taken port becomes
// the next free one.
func listen(address string, move bool) ([]net.Listener, string, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, "", fmt.Errorf("%s: the port is no number", address)
	}
	for try := 0; ; try++ {
		listeners, err := listenOn(host, port+try)
		if err == nil {
			_, opened, _ := net.SplitHostPort(listeners[0].Addr().String())
			return listeners, net.JoinHostPort(host, opened), nil
		}
		if !move || port == 0 || try == 100 || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, "", fmt.Errorf("listening on %s: %w", address, err)
		}
	}
}

func listenOn(host string, port int) ([]net.Listener, error) {
	hosts := []string{host}
	if host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var open []net.Listener
	for _, h := range hosts {
		l, err := net.Listen("tcp", net.JoinHostPort(h, strconv.Itoa(port)))
		if err != nil {
			if h == "::1" && !errors.Is(err, syscall.EADDRINUSE) {
				continue // a machine without IPv6
			}
			for _, l := range open {
				l.Close()
			}
			return nil, err
		}
		if port == 0 {
			port = l.Addr().(*net.TCPAddr).Port
		}
		open = append(open, l)
	}
	return open, nil
}
