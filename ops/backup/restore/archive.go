package restore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"dbbot/ops"
	"dbbot/ops/client"
)

// archive is what pg_restore reads: a private file or folder, or, where no disk has room, the stream from the store.
type archive struct {
	source   Source
	programs client.Programs
	place    *place
	streamed bool
	entries  []entry
}

// unpack brings the backup to where pg_restore can read it, which proves its checksum, and reads its table of contents.
func (s Source) unpack(ctx context.Context, programs client.Programs, progress Progress) (*archive, error) {
	f := s.Backup.Archive
	a := &archive{source: s, programs: programs}
	var err error
	if a.place, err = claimFor(max(f.Raw, f.Size)); errors.Is(err, errNoRoom) && f.Format != directory {
		a.streamed = true
		a.place, err = claim()
	}
	if errors.Is(err, errNoRoom) {
		err = &ops.Error{
			Message: fmt.Sprintf("No disk here has room for the %d MB of the unpacked archive, which cannot be restored as a stream.", max(f.Raw, f.Size)>>20),
			Hint:    "Free space on the disk of temporary files, or set TMPDIR to a larger one.",
		}
	}
	if err != nil {
		return nil, err
	}
	if !a.streamed {
		err = a.fill(ctx, progress)
	}
	if err == nil {
		ops.Reached("unpacked")
		err = a.list(ctx)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *archive) close() { a.place.release() }

func (a *archive) fill(ctx context.Context, progress Progress) error {
	f := a.source.Backup.Archive
	in, err := a.source.open(ctx, f, true, func(done int64) { progress("fetching", done, f.Size) })
	if err != nil {
		return err
	}
	defer in.Close()
	if f.Format == directory {
		return a.place.unpack(in)
	}
	return a.place.fill(in)
}

// list reads the table of contents.
func (a *archive) list(ctx context.Context) error {
	var out bytes.Buffer
	err := a.run(ctx, client.Call{Path: a.programs.Restore, Args: []string{"--list"}, Stdout: &out}, func(int64) {})
	if err != nil {
		return err
	}
	a.entries = contents(out.String())
	return nil
}

// run runs pg_restore on the archive. What fails because of the archive is damage.
func (a *archive) run(ctx context.Context, call client.Call, progress func(done int64)) error {
	if !a.streamed {
		call.Args = append(call.Args, a.place.archive())
		return judged(client.Run(ctx, call), call)
	}
	in, err := a.source.open(ctx, a.source.Backup.Archive, true, progress)
	if err != nil {
		return err
	}
	defer in.Close()
	call.Stdin = in
	ran := client.Run(ctx, call)
	if call.URL == "" || ctx.Err() != nil { // only the table of contents was wanted
		return judged(ran, call)
	}
	if err := in.finish(); err != nil { // also where pg_restore had all it wanted
		return err
	}
	return judged(ran, call)
}

// judged says what a failed pg_restore means.
func judged(err error, call client.Call) error {
	failed, ok := errors.AsType[*client.Failure](err)
	switch {
	case !ok:
		return err
	case failed.Signal != 0 || outside.MatchString(failed.Error()):
		return &ops.Error{Message: "pg_restore could not go on: " + sentence(failed), Hint: "Nothing is wrong with the backup because of that; try again.", Cause: failed}
	case call.URL == "":
		return &damage{[]string{"pg_restore cannot read it: " + sentence(failed)}}
	}
	return &damage{[]string{"pg_restore stopped: " + sentence(failed)}}
}
