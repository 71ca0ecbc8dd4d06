package dump

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// removeWithin is how long removing what was stored may take, also after ctx has ended.
const removeWithin = 30 * time.Second

func (t *taking) named(file string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := t.id.Path(file)
	t.names = append(t.names, name)
	return name
}

// publish writes the manifest, which makes all of it a backup.
func (t *taking) publish(ctx context.Context) error {
	t.m.Finished = time.Now().UTC().Truncate(time.Millisecond)
	text, err := json.MarshalIndent(t.m, "", "\t")
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.bounds.finish, errStalled)
	defer cancel()
	ops.Reached("backup manifest")
	size, err := t.options.Store.Put(ctx, t.named(backup.ManifestFile), bytes.NewReader(text), int64(len(text)))
	if err == nil && size != int64(len(text)) {
		err = fmt.Errorf("it took %d bytes of %d", size, len(text))
	}
	if err != nil {
		return storeFailed{err}
	}
	ops.Reached("backup taken")
	return nil
}

// remove takes back what is in the store, the manifest first: without it there is no backup.
func (t *taking) remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), removeWithin)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	var left []string
	var failed error
	for i := len(t.names) - 1; i >= 0; i-- {
		if err := t.options.Store.Delete(ctx, t.names[i]); err != nil {
			left, failed = append(left, t.names[i]), errors.Join(failed, err)
		}
	}
	if failed != nil {
		return leftBehind{strings.Join(left, ", "), failed}
	}
	return nil
}

// leftBehind says what could not be taken back.
type leftBehind struct {
	names string
	error
}

func (l leftBehind) Unwrap() error { return l.error }
