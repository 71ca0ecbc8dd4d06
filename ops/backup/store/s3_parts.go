package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"dbbot/ops"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
)

// Parts. S3 takes at most 10,000 of them, all alike but the last, none below 5 MiB; two go up at a time, while a third is read.
const (
	maxParts    = 10_000
	smallest    = 8 << 20
	unestimated = 16 << 20 // holds 160 GB
	atOnce      = 2
)

// Bounds of what goes on after a cancel or a failure.
const (
	lingering  = 5 * time.Second // for parts that are under way: a server that is still at one when it is told to forget them brings it back
	completing = 5 * time.Minute // S3 puts a large object together
	clearingUp = time.Minute
)

// parts is an upload of several parts.
type parts struct {
	bucket
	name, id string
	group    errgroup.Group

	mu     sync.Mutex
	done   []minio.CompletePart
	failed error
}

// putParts sends all of from, in parts, and makes an object of them at the end. Where anything fails they are taken back. It
// is written out here, with the library's single steps: the library cancels parts under way when another fails, and a server may then
// keep one that it was still writing.
func (b bucket) putParts(ctx context.Context, name string, from *guarded, head []byte, size int64) error {
	up, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lingering, cancel) })
	defer stop()
	id, err := b.client.NewMultipartUpload(up, b.name, b.prefix+name, minio.PutObjectOptions{})
	if err != nil {
		return b.fault(ctx, "write", err)
	}
	p := &parts{bucket: b, name: name, id: id}
	err = p.send(up, io.MultiReader(bytes.NewReader(head), from), size)
	if err = cmp.Or(from.failed, context.Cause(ctx), b.fault(ctx, "write", err)); err == nil {
		err = b.fault(context.WithoutCancel(ctx), "write", p.complete(ctx))
	}
	if err != nil {
		return errors.Join(err, p.abort(ctx))
	}
	return nil
}

// send reads and sends part after part, and waits for the last.
func (p *parts) send(ctx context.Context, from io.Reader, size int64) error {
	free := make(chan []byte, atOnce)
	for range atOnce {
		free <- nil
	}
	var err error
	for n := 1; err == nil; n++ {
		buffer := <-free
		if buffer == nil {
			buffer = make([]byte, size)
		}
		var got int
		if got, err = io.ReadFull(from, buffer); got == 0 || errors.Is(err, errFailed) || p.fault() != nil {
			break
		}
		if n > p.most {
			err = minio.ErrorResponse{Code: minio.EntityTooLarge}
			break
		}
		p.group.Go(func() error {
			defer func() { free <- buffer }()
			return p.one(ctx, n, buffer[:got])
		})
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // of ReadFull: the last part is shorter
		err = nil
	}
	return cmp.Or(p.group.Wait(), err)
}

// one sends a part; the library tries again where that helps.
func (p *parts) one(ctx context.Context, n int, content []byte) error {
	sent, err := p.client.PutObjectPart(ctx, p.bucket.name, p.prefix+p.name, p.id, n, bytes.NewReader(content), int64(len(content)), minio.PutObjectPartOptions{})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = append(p.done, minio.CompletePart{PartNumber: n, ETag: sent.ETag})
	p.failed = cmp.Or(p.failed, err)
	return err
}

func (p *parts) fault() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// complete makes the object. A cancel comes too late from here on: half an answer would leave nobody knowing.
func (p *parts) complete(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), completing)
	defer cancel()
	slices.SortFunc(p.done, func(a, b minio.CompletePart) int { return cmp.Compare(a.PartNumber, b.PartNumber) })
	_, err := p.client.CompleteMultipartUpload(ctx, p.bucket.name, p.prefix+p.name, p.id, p.done, minio.PutObjectOptions{})
	return err
}

// abort takes the parts back, and says when that is not possible: they cost money, and nobody sees them.
func (p *parts) abort(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearingUp)
	defer cancel()
	err := p.client.AbortMultipartUpload(ctx, p.bucket.name, p.prefix+p.name, p.id)
	if err == nil || minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
		return nil
	}
	return &ops.Error{
		Message: "Parts of an unfinished upload may be left in " + p.at + ".",
		Hint:    "The key needs s3:AbortMultipartUpload, and s3:ListBucketMultipartUploads; the next sweep removes them then.", Cause: err,
	}
}

// partFor chooses the size of a part: a quarter more than was estimated has to fit.
func (b bucket) partFor(estimate int64) int64 {
	if estimate <= 0 {
		return b.part
	}
	const mib = 1 << 20
	needed := estimate/maxParts + estimate/maxParts/4
	return max(min(smallest, b.part), (needed+mib-1)/mib*mib)
}
