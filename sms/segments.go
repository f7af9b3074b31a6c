package sms

import "aviso/transport"

// How much one segment carries: alone, and beside a user data header with an
// 8-bit or a 16-bit reference (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8).
const (
	gsmAlone, gsmJoined, gsmWide    = 160, 153, 152 // septets
	ucs2Alone, ucs2Joined, ucs2Wide = 140, 134, 132 // octets: 70, 67 and 66 units
)

// Split returns the segments that a text goes out in, and their alphabet: the
// default alphabet with its extension table when it has every character, else
// UCS-2. Wide says that the segments are joined by a 16-bit reference. No
// segment ends between an escape and its character, or inside a surrogate pair.
func Split(content string, wide bool) (transport.Encoding, [][]byte) {
	if data, ok := encodeGSM(content); ok {
		joined := gsmJoined
		if wide {
			joined = gsmWide
		}
		return transport.GSM7, cut(data, gsmAlone, joined, func(end int) int {
			if data[end-1] == escape {
				return end - 1
			}
			return end
		})
	}
	data := encodeUCS2(content)
	joined := ucs2Joined
	if wide {
		joined = ucs2Wide
	}
	return transport.UCS2, cut(data, ucs2Alone, joined, func(end int) int {
		if data[end-2]&0xFC == 0xD8 { // a high surrogate
			return end - 2
		}
		return end
	})
}

// cut divides data into one piece of at most alone octets, or into several of
// at most joined. A piece ends where back says, given where it would end.
func cut(data []byte, alone, joined int, back func(end int) int) [][]byte {
	if len(data) <= alone {
		return [][]byte{data}
	}
	var parts [][]byte
	for start := 0; start < len(data); {
		end := len(data)
		if end-start > joined {
			end = back(start + joined)
		}
		parts = append(parts, data[start:end:end])
		start = end
	}
	return parts
}
