package workspace

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// secret is unguessable: for tickets, hooks and trigger ids.
func secret() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b[:])
}

// uuid is a random version 4 UUID: what Slack's envelope ids look like.
func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:36], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// id makes the next id with the prefix, in Slack's form: eleven capitals and digits. Callers hold mu.
func (s *Server) id(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%0*d", prefix, 11-len(prefix), s.serial)
}

// ts makes a message timestamp. No two are equal and each is later than the one before. Callers hold mu.
func (s *Server) ts() string {
	now := s.now().Truncate(time.Microsecond)
	if !now.After(s.lastTS) {
		now = s.lastTS.Add(time.Microsecond)
	}
	s.lastTS = now
	return stamp(now)
}

func stamp(t time.Time) string {
	micros := t.UnixMicro()
	return fmt.Sprintf("%010d.%06d", micros/1e6, micros%1e6)
}

func domainOf(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), " ", "-")
}
