// Package pgbackrest asks pgBackRest what it has of a cluster: dbbot takes no such backups, but shows how old they are
// beside its own. It runs `pgbackrest info` on this machine, as the user of dbbot. It may import ops.
package pgbackrest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"dbbot/ops"
)

// Kind is what a backup holds: everything, or what changed since another one.
type Kind string

// The kinds, as pgBackRest names them.
const (
	Full         Kind = "full"
	Differential Kind = "diff" // since the last full one
	Incremental  Kind = "incr" // since the last of any kind
)

// Info is what pgBackRest says about one stanza.
type Info struct {
	Stanza  string
	Fault   string // what is wrong with it, in pgBackRest's words; empty where nothing is
	Running bool   // a backup or an expiry runs now
	Backups []Backup
	Archive []Archive
}

// Backup is one that was completed. Those with Errors hold pages whose checksums are wrong.
type Backup struct {
	Label    string
	Kind     Kind
	Started  time.Time
	Finished time.Time
	Bytes    int64 // of the cluster
	Stored   int64 // that this backup takes in the repository
	Errors   bool
	System   string // system identifier of the cluster, decimal
}

// Archive is which WAL is there, of one version of the cluster: from Min to Max, which pgBackRest does not look into for
// gaps. Both are empty where none has arrived.
type Archive struct {
	ID       string // "15-1"
	Min, Max string
	System   string
}

// Newest gives the newest backup, of the given kinds alone if any are given; nil where there is none.
func (i Info) Newest(kinds ...Kind) *Backup {
	for _, b := range i.Backups {
		if len(kinds) == 0 || slices.Contains(kinds, b.Kind) {
			return &b
		}
	}
	return nil
}

const (
	// runWithin bounds the program: it may have to ask a repository in another place.
	runWithin = 15 * time.Second
	// endWithin is what it gets to let go of its output once it was told to end.
	endWithin = time.Second
	// maxOutput bounds what it may say: ten thousand backups.
	maxOutput = 16 << 20
	// maxFault bounds what is repeated of its words, in characters.
	maxFault = 300
)

// Read asks about one stanza. Errors are *ops.Error; what is wrong with the stanza itself is in Info.Fault.
func Read(ctx context.Context, stanza string) (Info, error) { return read(ctx, "pgbackrest", stanza) }

func read(ctx context.Context, program, stanza string) (Info, error) {
	said, err := run(ctx, program, "info", "--output=json", "--log-level-console=off", "--log-level-stderr=error", "--stanza="+stanza)
	if err != nil {
		return Info{}, err
	}
	return Parse(said, stanza)
}

// run gives what the program wrote. It has a process group of its own, which ends with ctx.
func run(ctx context.Context, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, runWithin)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &limited{&out, maxOutput}, &limited{&errs, maxFault * 4}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = endWithin
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, &ops.Error{Message: "pgBackRest is not installed here.", Hint: "Install it on the machine of dbbot, or take pgbackrest out of dbbot's file.", Cause: err}
	case ctx.Err() != nil:
		return nil, &ops.Error{Message: "pgBackRest did not answer in time.", Cause: ctx.Err()}
	case err != nil:
		why := cmp.Or(ops.Printable(ops.Redact(string(bytes.TrimSpace(errs.Bytes()))), maxFault), err.Error())
		return nil, &ops.Error{Message: "pgBackRest failed: " + why, Hint: "`pgbackrest info` as the user of dbbot says more.", Cause: err}
	}
	return out.Bytes(), nil
}

// limited takes everything and keeps the beginning.
type limited struct {
	to   io.Writer
	left int
}

// Write never fails: a program that is not listened to would hang.
func (l *limited) Write(p []byte) (int, error) {
	keep := p[:min(len(p), l.left)]
	l.left -= len(keep)
	if _, err := l.to.Write(keep); err != nil {
		return 0, err
	}
	return len(p), nil
}

// report is the form of `pgbackrest info --output=json`, as far as it is read here; it is stable by pgBackRest's own word.
type report struct {
	Name    string
	Status  status
	Repo    []struct{ Status status }
	DB      []cluster `json:"db"`
	Archive []struct {
		Database reference
		ID       string
		Min, Max string
	}
	Backup []struct {
		Label     string
		Type      Kind
		Error     bool
		Database  reference
		Timestamp struct{ Start, Stop int64 } // seconds since 1970
		Info      struct {
			Size       int64
			Repository struct{ Delta int64 }
		}
	}
}

type status struct {
	Code    int
	Message string
	Lock    struct{ Backup struct{ Held bool } }
}

type reference struct {
	ID   int
	Repo int `json:"repo-key"`
}

type cluster struct {
	reference
	System uint64 `json:"system-id"`
}

// Parse reads what pgBackRest said.
func Parse(said []byte, stanza string) (Info, error) {
	var all []report
	if err := json.Unmarshal(said, &all); err != nil {
		return Info{}, &ops.Error{Message: "What pgBackRest said cannot be read.", Hint: "dbbot reads `pgbackrest info --output=json` of versions 2.32 and later.", Cause: err}
	}
	at := slices.IndexFunc(all, func(r report) bool { return r.Name == stanza })
	if at < 0 && len(all) == 1 && all[0].Status.Code != 0 { // it names what it cannot read otherwise
		at = 0
	}
	if at < 0 {
		return Info{}, &ops.Error{Message: "pgBackRest knows no stanza " + ops.Printable(stanza, maxFault) + ".", Hint: "`pgbackrest info` lists those that it has."}
	}
	return all[at].info(stanza), nil
}

func (r report) info(stanza string) Info {
	i := Info{Stanza: stanza, Fault: r.fault(), Running: r.Status.Lock.Backup.Held}
	systems := map[reference]string{}
	for _, c := range r.DB {
		systems[c.reference] = strconv.FormatUint(c.System, 10)
	}
	for _, b := range r.Backup {
		i.Backups = append(i.Backups, Backup{
			Label: ops.Printable(b.Label, maxFault), Kind: b.Type, Started: time.Unix(b.Timestamp.Start, 0).UTC(), Finished: time.Unix(b.Timestamp.Stop, 0).UTC(),
			Bytes: b.Info.Size, Stored: b.Info.Repository.Delta, Errors: b.Error, System: systems[b.Database],
		})
	}
	slices.SortStableFunc(i.Backups, func(a, b Backup) int { return b.Finished.Compare(a.Finished) })
	for _, a := range r.Archive {
		i.Archive = append(i.Archive, Archive{ID: ops.Printable(a.ID, maxFault), Min: ops.Printable(a.Min, maxFault), Max: ops.Printable(a.Max, maxFault), System: systems[a.Database]})
	}
	return i
}

// fault is pgBackRest's own word for what is wrong; a repository's is more exact than the stanza's.
func (r report) fault() string {
	if r.Status.Code == 0 {
		return ""
	}
	said := r.Status.Message
	for _, repo := range r.Repo {
		if repo.Status.Code != 0 {
			said = cmp.Or(repo.Status.Message, said)
		}
	}
	return ops.Printable(ops.Redact(cmp.Or(said, fmt.Sprint("code ", r.Status.Code))), maxFault)
}
