package store

import (
	"context"
	"errors"
	"io"
)

// guarded reads what is to be kept, for as long as ctx lives. Its end counts also when it comes with the last byte: what fed the
// reader may have been ended by the same cancel, and half a dump then looks like a whole one.
type guarded struct {
	ctx    context.Context
	from   io.Reader
	read   int64 // bytes so far
	failed error // of reading, for whoever called; it stays
}

// errFailed is all that a library hears of a failure. Libraries take some errors for an end in peace: io.ErrUnexpectedEOF, which
// is what a cut stream gives, made minio-go keep the half of it.
var errFailed = errors.New("what was to be kept could not be read")

func (g *guarded) Read(p []byte) (int, error) {
	if g.failed == nil {
		g.failed = context.Cause(g.ctx)
	}
	if g.failed != nil {
		return 0, errFailed
	}
	n, err := g.from.Read(p)
	g.read += int64(n)
	if err == nil {
		return n, nil
	}
	if ended := context.Cause(g.ctx); ended != nil {
		err = ended
	}
	if err == io.EOF { //nolint:errorlint // a reader ends with io.EOF itself; one that is wrapped is a failure
		return n, io.EOF
	}
	g.failed = err
	return n, errFailed
}

// opened is a file that is being read: reading ends when ctx does.
type opened struct {
	io.ReadCloser
	ctx context.Context
}

func (o opened) Read(p []byte) (int, error) {
	if err := context.Cause(o.ctx); err != nil {
		return 0, err
	}
	n, err := o.ReadCloser.Read(p)
	if ended := context.Cause(o.ctx); err != nil && ended != nil {
		err = ended
	}
	return n, err
}
