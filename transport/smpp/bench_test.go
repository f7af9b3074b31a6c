package smpp_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"aviso/transport"
	"aviso/transport/smpp"
)

// BenchmarkSend is texts of one part over one bind, to a peer that takes each
// at once.
func BenchmarkSend(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go willing(conn)
		}
	}()
	g, err := smpp.New(smpp.Config{Name: "carrier", Address: l.Addr().String(), Username: "aviso", Inbound: newBox()})
	if err != nil {
		b.Fatal(err)
	}
	g.SetBinds(1)
	go g.Run(context.Background())
	defer g.Close(context.Background())
	awaitBound(b, g)
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if v := g.Send(b.Context(), text("hello")).Verdicts[0]; v.Outcome != transport.Taken {
				b.Errorf("%+v", v)
			}
		}
	})
}

// willing takes whatever it is asked.
func willing(conn net.Conn) {
	defer conn.Close()
	r, w := bufio.NewReader(conn), bufio.NewWriter(conn)
	for {
		var head [16]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		if _, err := r.Discard(int(binary.BigEndian.Uint32(head[:])) - 16); err != nil {
			return
		}
		binary.BigEndian.PutUint32(head[:], 18)
		head[4] |= 0x80
		if _, err := w.Write(append(head[:], '1', 0)); err != nil {
			return
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}
