package store

import (
	"context"
	"io"
)

// guarded reads for as long as ctx lives. Its end counts also when it comes with the last byte: what fed the reader may have
// been ended by the same cancel, and half a dump then looks like a whole one.
type guarded struct {
	ctx    context.Context
	from   io.Reader
	read   int64 // bytes so far
	failed error // of reading: tells it from one of writing
}

func (g *guarded) Read(p []byte) (int, error) {
	if g.failed = context.Cause(g.ctx); g.failed != nil {
		return 0, g.failed
	}
	n, err := g.from.Read(p)
	g.read += int64(n)
	if err == nil {
		return n, nil
	}
	if ended := context.Cause(g.ctx); ended != nil {
		err = ended
	}
	if err != io.EOF { //nolint:errorlint // a reader ends with io.EOF itself
		g.failed = err
	}
	return n, err
}

// opened is a file that is being read: reading ends when ctx does.
type opened struct {
	guarded
	io.Closer
}

func reading(ctx context.Context, file io.ReadCloser) io.ReadCloser {
	return &opened{guarded: guarded{ctx: ctx, from: file}, Closer: file}
}
