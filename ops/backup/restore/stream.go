package restore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"

	"filippo.io/age"
	"github.com/DataDog/zstd"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// damage is what is wrong with a backup, as sentences; every other error says that nobody could tell.
type damage struct{ found []string }

func (d *damage) Error() string { return strings.Join(d.found, " ") }

// foundIn tells damage from what kept us from looking.
func foundIn(err error) ([]string, error) {
	if d, ok := errors.AsType[*damage](err); ok {
		return d.found, nil
	}
	return nil, err
}

// stream gives what pg_dump gave. It ends with io.EOF only where every byte was there and was the one that was written;
// else with damage, or with the error of the store. Read and Close may come from different goroutines.
type stream struct {
	mu       sync.Mutex
	file     backup.File
	raw      io.ReadCloser
	sum      hash.Hash
	progress func(done int64)

	top    io.Reader // what is read: raw, decrypted, decompressed
	layer  string    // of top, in words
	inner  []io.Closer
	stored int64 // bytes of raw so far
	plain  int64 // bytes of top so far
	failed error // of raw: nobody can tell
	over   error // what the end was
}

// open begins to read a file of the backup; progress hears the stored bytes. Undecoded, layers stay on.
func (s Source) open(ctx context.Context, f backup.File, decoded bool, progress func(done int64)) (*stream, error) {
	raw, err := s.Store.Get(ctx, s.Backup.ID.Path(f.Name))
	if errors.Is(err, backup.ErrMissing) {
		return nil, &damage{[]string{f.Name + " is missing."}}
	}
	if err != nil {
		return nil, err
	}
	in := &stream{file: f, raw: raw, sum: sha256.New(), progress: progress, layer: "read"}
	in.top = (*bottom)(in)
	if !decoded {
		return in, nil
	}
	if f.Age {
		keys, err := s.identities()
		if err != nil {
			_ = raw.Close() // nothing was read
			return nil, err
		}
		in.decrypt(keys)
	}
	if f.Zstd && in.over == nil {
		unpacked := zstd.NewReader(in.top)
		in.top, in.layer = unpacked, "decompressed"
		in.inner = append(in.inner, unpacked)
	}
	return in, nil
}

func (in *stream) decrypt(keys []age.Identity) {
	in.layer = "decrypted"
	top, err := age.Decrypt(in.top, keys...)
	if err == nil {
		in.top = top
		return
	}
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		in.layer = "opened with the age key that dbbot has"
	}
	in.over = in.end(err)
}

// bottom reads what the store holds.
type bottom stream

func (in *bottom) Read(p []byte) (int, error) {
	n, err := in.raw.Read(p)
	in.stored += int64(n)
	in.sum.Write(p[:n])
	if err != nil && err != io.EOF {
		in.failed = err
	}
	in.progress(in.stored)
	return n, err
}

func (in *stream) Read(p []byte) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.over != nil {
		return 0, in.over
	}
	n, err := in.top.Read(p)
	in.plain += int64(n)
	if err != nil {
		in.over = in.end(err)
	}
	return n, in.over
}

// end says what the end of a layer means. What is left is read, so that the checksum tells, too.
func (in *stream) end(err error) error {
	if in.failed == nil {
		_, _ = io.Copy(io.Discard, (*bottom)(in)) // its error is in failed
	}
	if in.failed != nil {
		return in.failed
	}
	var found []string
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	switch {
	case in.stored != in.file.Size:
		say("%s has %s instead of %d.", in.file.Name, ops.Count(int(in.stored), "byte"), in.file.Size)
	case hex.EncodeToString(in.sum.Sum(nil)) != in.file.SHA256:
		say("%s is not what was written: its SHA-256 is another.", in.file.Name)
	}
	switch whole := errors.Is(err, io.EOF); {
	case !whole:
		say("%s cannot be %s.", in.file.Name, in.layer)
	case in.layer != "read" && in.file.Raw != 0 && in.plain != in.file.Raw:
		say("%s unpacks to %s instead of %d.", in.file.Name, ops.Count(int(in.plain), "byte"), in.file.Raw)
	}
	if len(found) > 0 {
		return &damage{found}
	}
	return io.EOF
}

// finish reads what nobody has read, and says how it ends: nil for well.
func (in *stream) finish() error {
	_, err := io.Copy(io.Discard, in)
	return err
}

// Close gives up reading.
func (in *stream) Close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, c := range in.inner {
		_ = c.Close() // a decompressor: its error came while reading
	}
	_ = in.raw.Close() // it was only read
	if in.over == nil {
		in.over = io.ErrClosedPipe
	}
}
