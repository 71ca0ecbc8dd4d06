package catalogue

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// Whoever reads a backup writes a hold beside it, and whoever deletes it a mark; each writes first and looks then, so that of
// a reader and a deleter at the same moment one at least sees the other and steps back.
const (
	holdPrefix = "hold-"
	markPrefix = "delete-"
)

// holdsFor is how long a hold or a mark counts without being renewed: whoever made it may have died. Machines whose clocks differ by more
// than that would not respect each other.
const holdsFor = 10 * time.Minute

// renewEvery leaves room for a store that is away for some minutes.
const renewEvery = holdsFor / 5

// ErrGoing: a backup is just being deleted, so it must not be read.
var ErrGoing = errors.New("the backup is being deleted")

// Hold keeps a backup from being deleted while it is read, until release is called. It renews itself; when its process dies it
// runs out in ten minutes. It is refused for a backup that is just being deleted.
func (c *Catalogue) Hold(ctx context.Context, id backup.ID, by string) (release func(), err error) {
	file, err := c.sign(ctx, id, holdPrefix, by)
	if err != nil {
		return nil, err
	}
	s, err := c.shelf(ctx, id)
	if err == nil && len(c.living(ctx, s, markPrefix, "")) > 0 {
		err = &ops.Error{Message: "Backup " + string(id) + " is just being deleted.", Cause: ErrGoing}
	}
	if err != nil {
		c.withdraw(ctx, id, file)
		return nil, err
	}
	done := make(chan struct{})
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(done)
		c.renew(renewing, id, file, by)
	}()
	return sync.OnceFunc(func() {
		stop()
		<-done // or it would come back
		c.withdraw(ctx, id, file)
	}), nil
}

// renew writes a hold again and again until ctx ends. A store that is away is asked again the next time.
func (c *Catalogue) renew(ctx context.Context, id backup.ID, file, by string) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = c.write(ctx, id, file, backup.Hold{By: by, Until: c.now().Add(holdsFor).UTC()})
		}
	}
}

// sign writes a hold or a mark under a name of its own.
func (c *Catalogue) sign(ctx context.Context, id backup.ID, prefix, by string) (file string, err error) {
	if _, err := c.shelf(ctx, id); err != nil {
		return "", err
	}
	var b [6]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	file = prefix + hex.EncodeToString(b[:]) + ".json"
	return file, c.write(ctx, id, file, backup.Hold{By: by, Until: c.now().Add(holdsFor).UTC()})
}

// withdraw removes what sign wrote, also when ctx is over. What cannot be removed runs out by itself.
func (c *Catalogue) withdraw(ctx context.Context, id backup.ID, file string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), brief)
	defer cancel()
	_ = c.store.Delete(ctx, id.Path(file))
}

// living are the holds or marks of a folder that still count, but for one's own. One that cannot be read counts as long as it is
// young: it may be somebody's.
func (c *Catalogue) living(ctx context.Context, s shelf, prefix, own string) (all []backup.Hold) {
	for file, object := range s.objects {
		if !strings.HasPrefix(file, prefix) || file == own {
			continue
		}
		hold, fault, err := parsed[backup.Hold](ctx, c, s, file)
		switch {
		case err != nil || fault != "":
			if object.Modified.Add(holdsFor).After(c.now()) {
				all = append(all, backup.Hold{By: "somebody", Until: object.Modified.Add(holdsFor)})
			}
		case hold != nil && hold.Until.After(c.now()):
			all = append(all, *hold)
		}
	}
	return all
}
