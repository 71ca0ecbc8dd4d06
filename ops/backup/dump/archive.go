package dump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

// archive dumps the database, as one stream where pg_dump can.
func (t *taking) archive(ctx context.Context, w *watch) (backup.File, contents, error) {
	var f backup.File
	var found contents
	var err error
	if t.options.Parallel > 1 {
		f, found, err = t.directory(ctx, w)
	} else {
		f = t.file("archive.dump", "custom", !t.survey.inside)
		f, err = t.put(ctx, w, f, t.estimate(), func(ctx context.Context, to io.Writer) (err error) {
			found, err = t.stream(ctx, w, to)
			return err
		})
	}
	if err == nil {
		ops.Reached("backup archived")
	}
	return f, found, err
}

// file says how a file of this backup is called, and what is round it.
func (t *taking) file(name, format string, packed bool) backup.File {
	f := backup.File{Name: name, Format: format, Zstd: packed, Age: len(t.survey.recipients) > 0}
	if f.Zstd {
		f.Name += ".zst"
	}
	if f.Age {
		f.Name += ".age"
	}
	return f
}

// estimate is how many bytes may come at the most: an archive is smaller than its database.
func (t *taking) estimate() int64 { return t.survey.ready.Server.Bytes }

// arguments that every dump has. Compression is pg_dump's own zstd where it has one, and outside of it else; never gzip
// (reference backups 1).
func (t *taking) arguments(format string) []string {
	compress := "0"
	if t.survey.inside {
		compress = "zstd:" + strconv.Itoa(level)
	}
	return []string{
		"--format=" + format, "--compress=" + compress, "--snapshot=" + t.m.Snapshot, "--verbose",
		"--lock-wait-timeout=" + strconv.FormatInt(t.bounds.table.Milliseconds(), 10),
	}
}

// stream runs pg_dump and reads what it gives as the archive that it should be, while that goes on to the store.
func (t *taking) stream(ctx context.Context, w *watch, to io.Writer) (contents, error) {
	out, in := io.Pipe()
	var found contents
	var unread error
	var reading sync.WaitGroup
	reading.Go(func() {
		found, unread = readArchive(io.TeeReader(out, to))
		out.CloseWithError(orClosed(unread))
	})
	c := t.call(t.survey.programs.Dump, t.arguments("custom")...)
	c.Stdout, c.Line = w.first(in), t.hear(w)
	err := client.Run(ctx, c)
	w.dumped.close()
	in.CloseWithError(err)
	reading.Wait()
	if err == nil && unread != nil {
		err = damaged{unread}
	}
	ops.Reached("backup dumped")
	return found, err
}

// damaged marks an archive that is none, though pg_dump says that all is well.
type damaged struct{ error }

func (d damaged) Unwrap() error { return d.error }

// first is where crash tests stop in the middle of the data.
func (w *watch) first(to io.Writer) io.Writer {
	n := 0
	return writerFunc(func(p []byte) (int, error) {
		if n++; n == 2 {
			ops.Reached("backup dumping")
		}
		return to.Write(p)
	})
}

// hear learns from pg_dump's own words how far it is.
func (t *taking) hear(w *watch) func(string) {
	return func(line string) {
		w.touch()
		if strings.Contains(line, "last built-in OID is ") { // the first that it says once it has the snapshot
			w.imported.close()
		}
		if _, name, found := strings.Cut(line, `dumping contents of table "`); found {
			w.started(strings.TrimSuffix(name, `"`))
		}
	}
}

// compresses asks pg_dump whether it was built with zstd: it says so before it connects to anything.
func compresses(ctx context.Context, p client.Programs) bool {
	if p.Major < 16 {
		return false
	}
	err := client.Run(ctx, client.Call{Path: p.Dump, Args: []string{"--format=custom", "--compress=zstd:" + strconv.Itoa(level), "--dbname=host='/nowhere'"}})
	failure, ran := errors.AsType[*client.Failure](err)
	return ran && !strings.Contains(strings.Join(failure.Tail, " "), "compress")
}

// check compares what the archive really holds with what was counted in its snapshot.
func (t *taking) check(ctx context.Context, found contents) error {
	if err := t.stored(ctx); err != nil {
		return err
	}
	if !found.Known {
		return nil
	}
	byName := map[[2]string]*tableData{}
	for _, one := range found.Tables {
		byName[[2]string{one.Schema, one.Name}] = one
	}
	for _, table := range t.m.Contents.Tables {
		name := ops.Printable(table.Schema+"."+table.Name, 130)
		switch got := byName[[2]string{table.Schema, table.Name}]; {
		case got == nil || !got.There:
			return damaged{fmt.Errorf("the archive has nothing of table %s, which has %s", name, ops.Count(int(table.Rows), "row"))}
		case found.Rows && got.Rows != table.Rows:
			return damaged{fmt.Errorf("the archive has %s of table %s, which has %d", ops.Count(int(got.Rows), "row"), name, table.Rows)}
		}
	}
	if found.Large != t.m.Contents.LargeObjects && t.options.Parallel <= 1 {
		return damaged{fmt.Errorf("the archive has %s, and the database has %d", ops.Count(int(found.Large), "large object"), t.m.Contents.LargeObjects)}
	}
	return nil
}

// stored makes sure that the store shows what was put there, in its whole length.
func (t *taking) stored(ctx context.Context) error {
	listed, err := t.options.Store.List(ctx, t.id.Folder()+"/")
	if err != nil {
		return storeFailed{err}
	}
	sizes := map[string]int64{}
	for _, object := range listed {
		sizes[object.Name] = object.Size
	}
	files := []backup.File{t.m.Archive}
	if t.m.Globals != nil {
		files = append(files, *t.m.Globals)
	}
	for _, f := range files {
		if size, there := sizes[t.id.Path(f.Name)]; !there || size != f.Size {
			return storeFailed{fmt.Errorf("%s should have %d bytes, and has %d", f.Name, f.Size, size)}
		}
	}
	return nil
}
