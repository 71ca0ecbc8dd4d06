package main

import (
	"errors"
	"fmt"
	"io"

	"dbbot/ops"
	"dbbot/ops/audit"
)

// judge verifies, and says how it stands on the first line it writes.
func (g *evidence) judge(out io.Writer) error {
	report, err := audit.Verify(g.entries, g.from, g.key, g.checkpoints)
	fault, forged := errors.AsType[*audit.Fault](err)
	switch {
	case report.Fault != nil:
		return tampered(out, report.Fault)
	case forged:
		return tampered(out, fault)
	case err != nil:
		return unsure(out, ops.Explain(err, ops.Reference()).Message, err)
	case g.export != nil:
		return g.judgeExport(out, report)
	case report.Doubt != "":
		return unsure(out, report.Doubt+".", nil)
	}
	g.praise(out, report)
	return nil
}

// judgeExport looks at what closes an export too: it is what proves that the end was not cut, and what stands in for the
// key where there is none.
func (g *evidence) judgeExport(out io.Writer, report audit.Report) error {
	closing := g.export.Closing
	switch {
	case closing == nil && report.Doubt == "":
		return unsure(out, fmt.Sprintf("Entries %d to %d are good, but the line that closes an export is missing: it was cut, or not written to its end.",
			report.Head.Seq-report.Count+1, report.Head.Seq), nil)
	case closing == nil:
		return unsure(out, report.Doubt+".", nil)
	case !g.export.Intact:
		return tampered(out, &audit.Fault{Seq: report.Head.Seq, Said: "What closes the export was signed for other entries than these"})
	case g.key.Set() && report.Doubt != "":
		return unsure(out, report.Doubt+".", nil)
	case g.key.Set() && closing.By != g.key.Public():
		return tampered(out, &audit.Fault{Seq: report.Head.Seq, Said: "The export was closed with another key than its entries were sealed with"})
	case !g.key.Set() && len(g.checkpoints) == 0:
		return unsure(out, "The export is whole and signed by "+closing.By+", but whose key that is cannot be told: give --checkpoint, or DBBOT_AUDIT_KEY.", nil)
	case !g.key.Set() && g.checkpoints[0].By != closing.By:
		return tampered(out, &audit.Fault{Seq: report.Head.Seq, Said: "The export was closed with another key than the checkpoints were signed with"})
	}
	g.praise(out, report)
	return nil
}

// praise says what was proven, and what was not.
func (g *evidence) praise(out io.Writer, report audit.Report) {
	first := report.Head.Seq - report.Count + 1
	fmt.Fprintf(out, "good: entries %d to %d, none changed, none missing; the last is of %s\n", first, report.Head.Seq, report.Head.At.UTC().Format("2006-01-02 15:04:05 UTC"))
	switch {
	case report.Checkpoints > 0:
		fmt.Fprintf(out, "      compared with %s, and nothing differs\n", ops.Count(report.Checkpoints, "checkpoint"))
	case len(g.checkpoints) > 0:
		fmt.Fprintln(out, "      the checkpoints are all of entries before these")
	default:
		fmt.Fprintln(out, "      no checkpoint was there to compare with: that the last entries were not cut off is not proven")
	}
}

// tampered is exit code 1.
func tampered(out io.Writer, fault *audit.Fault) error {
	fmt.Fprintf(out, "TAMPERED at entry %d: %s.\n", fault.Seq, fault.Said)
	return notGood
}

// unsure is exit code 2. The cause may be nil.
func unsure(out io.Writer, why string, cause error) error {
	fmt.Fprintln(out, "cannot tell:", why)
	if cause != nil {
		fmt.Fprintln(out, "      ", ops.Redact(cause.Error()))
	}
	return couldNotTell
}
