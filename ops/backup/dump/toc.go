package dump

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// contents is what an archive of pg_dump really holds, as its own bytes say.
type contents struct {
	Tables map[int]*tableData // by the number of the entry
	Large  int64              // large objects
	Rows   bool               // rows could be counted: they are not compressed inside
	Known  bool               // the archive's form is one we know; else the rest says nothing
}

// tableData is the data of one table.
type tableData struct {
	Schema, Name string
	File         string // in the directory format
	There        bool   // its data came, to its end
	Rows         int64
}

// PostgreSQL 12 to 18 write archives of these versions; 1.15 moved the compression, 1.16 added the kind of a relation.
const oldest, newest = 0x10e, 0x110

var errNoArchive = errors.New("that is no archive of pg_dump")

// archiveReader reads an archive's own form (pg_backup_archiver.c, pg_backup_custom.c). It keeps the names of tables, and
// passes over all else.
type archiveReader struct {
	from    *bufio.Reader
	version int
	intSize int
	offSize int
	format  byte
	plain   bool // not compressed inside
	found   contents
	err     error // the first
}

// The forms of an archive, and the kinds of its blocks.
const (
	customForm, directoryForm = 1, 5
	dataBlock, largeBlock     = 1, 3
)

// chunkSize is what is read at a time, in bytes.
const chunkSize = 128 << 10

// readArchive reads an archive in the custom format to its very end, or the table of contents of one in the directory
// format. A form that a later pg_dump writes is passed over.
func readArchive(from io.Reader) (contents, error) {
	r := &archiveReader{from: bufio.NewReaderSize(from, chunkSize), found: contents{Tables: map[int]*tableData{}}}
	if !r.head() {
		_, err := io.Copy(io.Discard, r.from)
		return r.found, errors.Join(r.err, err)
	}
	for n := r.int(); n > 0 && r.err == nil; n-- {
		r.entry()
	}
	if r.format == customForm {
		r.blocks()
	}
	if r.err == nil {
		r.found.Known, r.found.Rows = true, r.plain
		_, r.err = r.from.Peek(1)
		if r.err == nil {
			r.err = errors.New("something follows the end of the archive")
		}
		if errors.Is(r.err, io.EOF) {
			return r.found, nil
		}
	}
	if errors.Is(r.err, io.EOF) {
		r.err = io.ErrUnexpectedEOF
	}
	return r.found, r.err
}

// head reads what precedes the table of contents; false: it is of no form that is known.
func (r *archiveReader) head() bool {
	magic, err := r.from.Peek(5)
	if len(magic) == 0 {
		r.err = errors.Join(errNoArchive, err)
		return false
	}
	if string(magic) != "PGDMP" {
		r.err = errNoArchive
		return false
	}
	_, _ = r.from.Discard(5) // was peeked
	r.version = int(r.byte())<<8 | int(r.byte())
	r.byte() // revision
	r.intSize, r.offSize, r.format = int(r.byte()), int(r.byte()), r.byte()
	if r.version < oldest || r.version > newest || r.intSize > 8 || r.err != nil {
		return false
	}
	if r.version >= 0x10f {
		r.plain = r.byte() == 0
	} else {
		r.plain = r.int() == 0
	}
	for range 7 { // the time
		r.int()
	}
	for range 3 { // database, versions of server and pg_dump
		r.pass()
	}
	return r.err == nil
}

// entry reads one of the table of contents.
func (r *archiveReader) entry() {
	id, data := r.int(), r.int() == 1
	r.pass() // numbers of the catalogue
	r.pass()
	name, kind := r.text(), r.text()
	r.int() // section
	for range 3 {
		r.pass() // definition, removal, COPY
	}
	schema := r.text()
	r.pass() // tablespace
	r.pass() // access method
	if r.version >= 0x110 {
		r.int() // kind of relation
	}
	r.pass()                            // owner
	r.pass()                            // with oids
	for r.pass() >= 0 && r.err == nil { // what it depends on
	}
	t := &tableData{Schema: schema, Name: name}
	if r.format == customForm {
		r.byte()
		r.discard(r.offSize)
	} else {
		t.File = r.text()
	}
	if data && kind == "TABLE DATA" {
		r.found.Tables[id] = t
	}
}

// blocks reads the data, to its end.
func (r *archiveReader) blocks() {
	for r.err == nil {
		if _, err := r.from.Peek(1); errors.Is(err, io.EOF) {
			return
		}
		kind, id := r.byte(), r.int()
		switch t := r.found.Tables[id]; {
		case r.err != nil:
		case kind == dataBlock:
			rows := r.chunks()
			if t != nil && r.err == nil {
				t.There, t.Rows = true, rows-ending
			}
		case kind == largeBlock:
			for r.int() != 0 && r.err == nil {
				r.chunks()
				r.found.Large++
			}
		default:
			r.err = fmt.Errorf("the archive has a block of kind %d", kind)
		}
	}
}

// ending is how many lines follow the last row of a table: "\." and two empty ones.
const ending = 3

// chunks passes over the data of one entry, and counts its lines. A line break in a value is written as \n.
func (r *archiveReader) chunks() (lines int64) {
	for size := r.int(); size != 0 && r.err == nil; size = r.int() {
		if size < 0 {
			r.err = fmt.Errorf("the archive has a chunk of %d bytes", size)
			return lines
		}
		for size > 0 && r.err == nil {
			var part []byte
			part, r.err = r.from.Peek(min(size, max(1, r.from.Buffered())))
			if r.plain {
				lines += int64(bytes.Count(part, []byte{'\n'}))
			}
			size -= len(part)
			r.discard(len(part))
		}
	}
	return lines
}

func (r *archiveReader) byte() byte {
	if r.err != nil {
		return 0
	}
	var b byte
	b, r.err = r.from.ReadByte()
	return b
}

// int reads a sign and intSize bytes, the lowest first.
func (r *archiveReader) int() (n int) {
	negative := r.byte() != 0
	for i := range r.intSize {
		n |= int(r.byte()) << (8 * i)
	}
	if negative {
		return -n
	}
	return n
}

// longest text that is kept: a name has 63 bytes.
const longestText = 1 << 10

func (r *archiveReader) text() string {
	n := r.int()
	if n <= 0 || r.err != nil {
		return ""
	}
	kept := make([]byte, min(n, longestText))
	if _, err := io.ReadFull(r.from, kept); err != nil {
		r.err = err
	}
	r.discard(n - len(kept))
	return string(kept)
}

// pass goes over a text, and gives its length; -1: there is none.
func (r *archiveReader) pass() int {
	n := r.int()
	r.discard(n)
	return n
}

func (r *archiveReader) discard(n int) {
	if n <= 0 || r.err != nil {
		return
	}
	_, r.err = r.from.Discard(n)
}
