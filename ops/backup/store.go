package backup

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrMissing: a store has no object of that name.
var ErrMissing = errors.New("there is no such object")

// Object is what a store knows of one of its files.
type Object struct {
	Name     string // slashes between folders, relative to the store
	Size     int64
	Modified time.Time
	Tag      string // changes whenever the content does; empty where the store has none
}

// Store keeps files. Errors are *ops.Error where a person can mend them; every one that is lost for good says so. The
// conformance suite is ops/backup/store/storetest. Names are made by this program alone: letters, digits, - _ . and /.
type Store interface {
	// Put streams r into a file that can be seen only once all of it is there; when r fails, ctx ends or the store does, nothing
	// is left. estimate is how many bytes may come, 0 where nobody knows; it bounds nothing.
	Put(ctx context.Context, name string, r io.Reader, estimate int64) (size int64, err error)
	// Get streams a file; ErrMissing. Reading past a cut or changed file ends in an error where the store can tell.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List names all complete files whose names begin with prefix.
	List(ctx context.Context, prefix string) ([]Object, error)
	// Delete removes a file; one that is not there is fine.
	Delete(ctx context.Context, name string) error
	// Sweep removes what unfinished uploads left that are older than age, and says what.
	Sweep(ctx context.Context, prefix string, age time.Duration) (removed []string, err error)
	// Location is where it is, for people, without secrets.
	Location() string
	Close() error
}
