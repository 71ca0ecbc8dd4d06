package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"os"

	"dbbot/ops"
	"dbbot/ops/audit"
	"dbbot/ops/store"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Prove that no entry of the audit was changed, taken out or put in; say where if one was."`
	Export auditExportCommand `cmd:"" help:"Write the audit as lines of JSON, signed, for others to verify."`
}

type auditVerifyCommand struct {
	configFlag
	From       int64  `placeholder:"NUMBER" help:"Begin with this entry; what lies before is not looked at."`
	Checkpoint string `placeholder:"FILE" help:"Checkpoints to compare with: dbbot's file, or lines copied from the channel. Default: audit.file."`
	File       string `placeholder:"FILE" help:"Verify an export in place of the database; - is standard input. The key comes from DBBOT_AUDIT_KEY, and may be left out."`
}

// Help is what --help says beside the summary.
func (auditVerifyCommand) Help() string {
	return "Without a checkpoint nobody can see whether the last entries were cut off. Exit codes: 0 good, 1 tampered with, and where, 2 it could not be told."
}

// evidence is what a verification works with.
type evidence struct {
	entries     iter.Seq2[audit.Entry, error]
	from        int64
	key         audit.Key // zero: without
	checkpoints []audit.Checkpoint
	export      *audit.Reading // nil: the database is read
	close       func()
}

// Run verifies. Whatever keeps it from telling is exit code 2, never 1.
func (c auditVerifyCommand) Run(ctx context.Context, p *process) error {
	given, err := c.gather(ctx, p)
	if err != nil {
		tell(p.errs, err)
		return couldNotTell
	}
	defer given.close()
	return given.judge(p.out)
}

func (c auditVerifyCommand) gather(ctx context.Context, p *process) (given *evidence, err error) {
	points := c.Checkpoint
	if c.File != "" {
		given, err = c.fromExport(p)
	} else {
		given, err = c.fromDatabase(ctx, p, &points)
	}
	if err != nil || points == "" {
		return given, err
	}
	if _, err := os.Stat(points); err != nil && c.Checkpoint != "" {
		given.close()
		return nil, misuse("The file of checkpoints "+points+" cannot be read: "+reason(err)+".", "Check the path after --checkpoint.")
	}
	if err := given.compare(points); err != nil {
		given.close()
		return nil, err
	}
	return given, nil
}

// fromDatabase reads the living chain. Checkpoints are those of the configuration, where no others were named.
func (c auditVerifyCommand) fromDatabase(ctx context.Context, p *process, points *string) (*evidence, error) {
	config, kept, key, err := openAudit(ctx, c.Config, p)
	if err != nil {
		return nil, err
	}
	*points = cmp.Or(*points, config.checkpointFile())
	from := max(c.From, 1)
	return &evidence{entries: kept.Chain(ctx, from), from: from, key: key, close: kept.Close}, nil
}

// fromExport needs no configuration: whoever verifies an export may have nothing but the file.
func (c auditVerifyCommand) fromExport(p *process) (*evidence, error) {
	given := &evidence{from: c.From, close: func() {}}
	secret, _, fault := p.env.get("DBBOT_AUDIT_KEY")
	if fault != nil {
		return nil, misuse("DBBOT_AUDIT_KEY "+fault.Problem+".", fault.Fix)
	}
	if secret != "" {
		key, err := audit.NewKey(ops.Secret(secret))
		if err != nil {
			return nil, err
		}
		given.key = key
	}
	var source io.Reader = os.Stdin
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return nil, misuse("The export "+c.File+" cannot be read: "+reason(err)+".", "Check the path after --file.")
		}
		source, given.close = file, func() { file.Close() }
	}
	given.export = audit.Read(source)
	given.entries = skip(given.export.Entries, func(e audit.Entry) bool { return e.Seq < c.From })
	return given, nil
}

// compare takes the checkpoints of a file that can be trusted: those signed with the key, or, where there is no key, all
// of them if one key signed them.
func (g *evidence) compare(path string) error {
	found, damaged, err := audit.ReadFile(path)
	if err != nil {
		return misuse("The file of checkpoints "+path+" cannot be read: "+reason(err)+".", "Check the path, and who may read it.")
	}
	for _, c := range found {
		switch {
		case g.key.Set() && !g.key.Own(c):
			return misuse(fmt.Sprintf("The checkpoint of entry %d was not signed with this audit key.", c.Seq),
				"Use the key that dbbot had then, or the right file.")
		case c.By != found[0].By:
			return misuse("The checkpoints were signed with different keys.", "Keep those of one key, the one that was always shown in the channel.")
		}
	}
	if len(damaged) > 0 && len(found) == 0 {
		return misuse("No checkpoint in "+path+" can be read, or none is genuine.", "Take those that were posted in the channel.")
	}
	g.checkpoints = found
	return nil
}

// skip leaves out the first entries, as long as they are not wanted.
func skip(entries iter.Seq2[audit.Entry, error], unwanted func(audit.Entry) bool) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		begun := false
		for e, err := range entries {
			if begun = begun || err != nil || !unwanted(e); begun && !yield(e, err) {
				return
			}
		}
	}
}

// checkpointFile is where checkpoints are kept, empty where they are not.
func (c Config) checkpointFile() string {
	if c.Audit.File == "" {
		return ""
	}
	return c.beside(c.Audit.File)
}

// openAudit opens the tables that hold the audit. It is there also where nothing may be changed any more.
func openAudit(ctx context.Context, path string, p *process) (config Config, kept *store.Store, key audit.Key, err error) {
	if config, err = load(path, p.env, need{}); err != nil {
		return config, nil, key, err
	}
	if config.Audit.Key == "" {
		return config, nil, key, &ops.Error{Message: "There is no audit key.", Hint: "Set audit.key, or DBBOT_AUDIT_KEY, to the key that dbbot runs with."}
	}
	if key, err = audit.NewKey(config.Audit.Key); err != nil {
		return config, nil, key, err
	}
	kept, err = config.openTables(ctx, key)
	return config, kept, key, err
}
