package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
	"dbbot/ops/client"
)

// Checksum reads every byte of a backup and says what is wrong with it, a sentence each; nothing: the bytes are those that
// were written. No key is needed. An error means that nobody could tell.
func Checksum(ctx context.Context, s Source, progress Progress) ([]string, error) {
	var found []string
	for _, f := range s.files() {
		in, err := s.open(ctx, f, false, func(done int64) { progress("reading "+f.Name, done, f.Size) })
		if err == nil {
			err = in.finish()
			in.Close()
		}
		wrong, err := foundIn(err)
		if err != nil {
			return found, err
		}
		found = append(found, wrong...)
	}
	return found, nil
}

// Read decrypts, decompresses and parses a backup to its end with pg_restore, without a server, and compares the rows in
// it with its manifest. It says what is wrong as Checksum does. Of an encrypted backup without a key it only compares the
// checksum.
func Read(ctx context.Context, s Source, progress Progress) ([]string, error) {
	if s.locked() {
		return Checksum(ctx, s, progress)
	}
	programs, err := reader(s.Backup.Server.Major)
	if err != nil {
		return nil, err
	}
	found, err := s.readGlobals(ctx, progress)
	if err != nil {
		return found, err
	}
	more, err := s.readArchive(ctx, programs, progress)
	return append(found, more...), err
}

// files are all that belongs to the backup beside its manifest.
func (s Source) files() []backup.File {
	all := []backup.File{s.Backup.Archive}
	if s.Backup.Globals != nil {
		all = append(all, *s.Backup.Globals)
	}
	return all
}

// readGlobals: SQL of pg_dumpall, which nothing but psql could parse.
func (s Source) readGlobals(ctx context.Context, progress Progress) ([]string, error) {
	f := s.Backup.Globals
	if f == nil {
		return nil, nil
	}
	in, err := s.open(ctx, *f, true, func(done int64) { progress("reading "+f.Name, done, f.Size) })
	if err == nil {
		defer in.Close()
		err = in.finish()
	}
	return foundIn(err)
}

// readArchive lets pg_restore write the data as SQL, to count it.
func (s Source) readArchive(ctx context.Context, programs client.Programs, progress Progress) ([]string, error) {
	f := s.Backup.Archive
	in, err := s.open(ctx, f, true, func(done int64) { progress("reading "+f.Name, done, f.Size) })
	if err != nil {
		return foundIn(err)
	}
	defer in.Close()
	var counted tally
	call := client.Call{Path: programs.Restore, Args: []string{"--section=data", "--file=-"}, Stdin: in, Stdout: &counted}
	if f.Format == directory {
		at, err := claim()
		if err != nil {
			return nil, err
		}
		defer at.release()
		if err := at.unpack(in); err != nil {
			return foundIn(err)
		}
		call.Stdin, call.Args = nil, append(call.Args, at.archive())
	}
	ran := client.Run(ctx, call)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	found, err := foundIn(in.finish())
	if err != nil || len(found) > 0 {
		return found, err
	}
	if failed, ok := errors.AsType[*client.Failure](ran); ok {
		return []string{"pg_restore cannot read it to its end: " + sentence(failed)}, nil
	}
	if ran != nil {
		return nil, ran
	}
	return inventory.Compare(s.Backup.Contents, counted.inventory(s.Backup.Contents)), nil
}

// sentence is what a program said last.
func sentence(f *client.Failure) string {
	said := f.Said()
	if said == "" {
		said = f.Error()
	}
	return ops.Printable(said, longestWords) + "."
}

// longestWords bounds what is repeated of a program's message, in characters.
const longestWords = 400

// directory is the Format of an archive of several files, which lies in the store as a tar.
const directory = "directory"

// newest is how many majors above the archive's own are looked for: newer programs read older archives.
const newest = 5

// reader finds programs that read an archive of this major version.
func reader(major int) (client.Programs, error) {
	programs, missing := client.Find(major)
	for later := major + 1; missing != nil && later <= major+newest; later++ {
		if found, err := client.Find(later); err == nil {
			return found, nil
		}
	}
	return programs, missing
}

// Verify proves a backup as thoroughly as can be done: restored into a scratch database, which is removed whatever
// happens, and compared with its manifest; where nothing opens it, by its checksum alone, which is said. By is who wants
// to know. An error means that nobody could tell.
func Verify(ctx context.Context, s Source, t Target, progress Progress) (backup.Verification, error) {
	begun := time.Now()
	v := backup.Verification{At: begun.UTC(), By: t.By, How: backup.Restored}
	var err error
	if s.locked() {
		v.How = backup.Checksum
		v.Notes = []string{"No key is configured that opens this backup, so only its checksum was compared."}
		v.Found, err = Checksum(ctx, s, progress)
	} else {
		err = s.tryOut(ctx, t, &v, progress)
	}
	v.Took = time.Since(begun)
	if err = ended(ctx, err); err != nil {
		return v, fmt.Errorf("verifying %s: %w", s.Backup.ID, err)
	}
	return v, nil
}
