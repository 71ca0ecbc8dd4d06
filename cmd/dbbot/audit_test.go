package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"
	"dbbot/ops/store"
)

const auditSecret = "0123456789abcdef0123456789abcdef"

// archive is a state database with an audit in it, and a configuration that points there.
type archive struct {
	url    string
	vars   map[string]string
	kept   *store.Store
	key    audit.Key
	points string // the file of checkpoints
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	t.Chdir(t.TempDir())
	key, err := audit.NewKey(auditSecret)
	if err != nil {
		t.Fatal(err)
	}
	a := &archive{url: clustertest.Database(t), key: key, points: filepath.Join(t.TempDir(), "checkpoints")}
	a.vars = map[string]string{"DATABASE_URL": a.url, "DBBOT_STATE_URL": a.url, "DBBOT_AUDIT_KEY": auditSecret, "POINTS": a.points}
	write(t, "dbbot.yml", "databases: [{name: orders, environment: production, url: \"${DATABASE_URL}\"}]\nstate: {url: \"${DBBOT_STATE_URL}\"}\n"+
		"audit: {key: \"${DBBOT_AUDIT_KEY}\", file: \"${POINTS}\"}\n")
	if a.kept, err = store.Open(t.Context(), store.Options{URL: ops.Secret(a.url), AuditKey: key, Version: "test"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.kept.Close)
	return a
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *archive) note(t *testing.T, events ...string) {
	t.Helper()
	for _, event := range events {
		if err := a.kept.Note(t.Context(), audit.Entry{Event: event, Database: "orders", Detail: "of " + event}); err != nil {
			t.Fatal(err)
		}
	}
}

// tamper does what the owner of the tables can: the triggers that refuse it are switched off.
func (a *archive) tamper(t *testing.T, sql ...string) {
	t.Helper()
	clustertest.Exec(t, a.url, append([]string{"ALTER TABLE dbbot.audit DISABLE TRIGGER ALL", "ALTER TABLE dbbot.audit_head DISABLE TRIGGER ALL"}, sql...)...)
}

// said runs dbbot and expects an exit code and words.
func (a *archive) said(t *testing.T, code int, says string, args ...string) (out string) {
	t.Helper()
	got, out, errs := runs(t, a.vars, args...)
	if got != code || !strings.Contains(out+errs, says) {
		t.Errorf("dbbot %s: exit %d; want %d and %q in:\n%s%s", strings.Join(args, " "), got, code, says, out, errs)
	}
	if strings.Contains(out+errs, auditSecret) {
		t.Errorf("dbbot %s prints the key", strings.Join(args, " "))
	}
	return out
}

func TestAuditIsVerified(t *testing.T) {
	a := newArchive(t)
	a.said(t, 2, "There is no entry", "audit", "verify")
	a.note(t, "one", "two", "three", "four", "five")
	a.said(t, 0, "no checkpoint was there", "audit", "verify")
	points := checkpoints{anchor: audit.Anchor{Key: a.key, File: a.points, Chain: a.kept.Chain}, note: a.kept.Note, post: nothingSaid}
	if err := points.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.said(t, 0, "good: entries 1 to 6, none changed, none missing", "audit", "verify")
	a.said(t, 0, "compared with 1 checkpoint, and nothing differs", "audit", "verify", "--from", "3")
	a.said(t, 2, "no such file", "audit", "verify", "--checkpoint", "nowhere")
	a.said(t, 0, "before these", "audit", "verify", "--from", "6")

	a.tamper(t, "UPDATE dbbot.audit SET detail = 'nothing' WHERE seq = 2")
	a.said(t, 1, "TAMPERED at entry 2: Entry 2 was changed", "audit", "verify")
	a.said(t, 0, "entries 3 to 6", "audit", "verify", "--from", "3")
	a.tamper(t, "UPDATE dbbot.audit SET detail = 'of two' WHERE seq = 2", "DELETE FROM dbbot.audit WHERE seq = 3")
	a.said(t, 1, "TAMPERED at entry 3: Missing: entry 3", "audit", "verify")
}

// The end cut off, and the head put back so that nothing inside the database shows it.
func TestACutTailIsFound(t *testing.T) {
	a := newArchive(t)
	a.note(t, "one", "two", "three", "four")
	var posted []commands.View
	points := checkpoints{anchor: audit.Anchor{Key: a.key, File: a.points, Chain: a.kept.Chain}, note: a.kept.Note, post: func(_ context.Context, v commands.View) error {
		posted = append(posted, v)
		return nil
	}}
	for range 3 { // quiet hours make no checkpoints
		if err := points.take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(posted) != 1 || !strings.Contains(posted[0].Text(), "dbbot-checkpoint-v1 seq=4") {
		t.Fatalf("posted %+v", posted)
	}
	a.tamper(t, "DELETE FROM dbbot.audit WHERE seq > 2", "UPDATE dbbot.audit_head SET seq = 2, hash = (SELECT hash FROM dbbot.audit WHERE seq = 2)")
	a.said(t, 1, "TAMPERED at entry 3: Cut off: entries 3 to 4", "audit", "verify")
	write(t, "copied.txt", "dbbot  03:00\nCheckpoint of the audit\n"+posted[0].Text()+"\n")
	a.said(t, 1, "TAMPERED at entry 3", "audit", "verify", "--checkpoint", "copied.txt")

	// dbbot finds it by itself, says it once and records it; growing over the gap hides nothing.
	for range 2 {
		var fault *audit.Fault
		if err := points.take(t.Context()); !errors.As(err, &fault) {
			t.Errorf("got %v", err)
		}
	}
	a.note(t, "three", "four", "five", "six")
	a.said(t, 1, "Entry 4 is not the one that the checkpoint", "audit", "verify")
	head, err := a.kept.Audit(t.Context(), audit.Filter{Limit: 7})
	if err != nil || head[4].Event != audit.CheckpointFault {
		t.Errorf("recorded %v, %v", head, err)
	}
	if text := posted[1].Text(); len(posted) != 2 || !strings.Contains(text, "tampered") {
		t.Errorf("%d posted, %s", len(posted), text)
	}
}

// Two rounds at once, of one period and of the next, make one checkpoint.
func TestRoundsDoNotMeet(t *testing.T) {
	a := newArchive(t)
	a.note(t, "one")
	var points *checkpoints
	said := 0
	points = &checkpoints{anchor: audit.Anchor{Key: a.key, Chain: a.kept.Chain}, note: a.kept.Note, post: func(ctx context.Context, _ commands.View) error {
		if said++; said > 1 {
			return nil
		}
		a.note(t, "two") // so that there is something new
		return points.take(ctx)
	}}
	if err := points.take(t.Context()); err != nil || said != 1 {
		t.Errorf("said %d times: %v", said, err)
	}
}

func TestAnExportTravels(t *testing.T) {
	a := newArchive(t)
	a.note(t, "one", "two", "three")
	points := checkpoints{anchor: audit.Anchor{Key: a.key, File: a.points, Chain: a.kept.Chain}, note: a.kept.Note, post: nothingSaid}
	if err := points.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := a.said(t, 0, "entries 1 to 5, signed by "+a.key.Public(), "audit", "export")
	if !strings.Contains(text, `"event":"audit exported"`) || strings.Count(text, "\n") != 6 {
		t.Errorf("exported:\n%s", text)
	}
	later := a.said(t, 0, "signed by", "audit", "export", "--since", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	a.said(t, 2, "There is no entry", "audit", "export", "--since", "2126-01-01")
	a.said(t, 2, "is no time", "audit", "export", "--since", "yesterday")
	write(t, "whole.jsonl", text)
	write(t, "later.jsonl", later)
	lines := strings.SplitAfter(text, "\n")
	write(t, "cut.jsonl", strings.Join(lines[:2], ""))
	write(t, "unclosed.jsonl", strings.Join(lines[:5], ""))
	write(t, "gap.jsonl", lines[0]+lines[2]+lines[5])
	write(t, "short.jsonl", strings.Join(lines[:4], "")+lines[5])
	write(t, "changed.jsonl", strings.Replace(text, "of two", "of six", 1))
	write(t, "no.jsonl", "hello\n")
	other, err := audit.NewKey("another key of 32 bytes or more!")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "foreign.jsonl", strings.Join(lines[:5], "")+closedByAnother(t, lines[5]))
	write(t, "theirs", other.Checkpoint(audit.Entry{Seq: 1, Hash: make([]byte, 32)}, time.Now()).String()+"\n")
	write(t, "torn", "dbbot-checkpoint-v1 seq=4\n")

	delete(a.vars, "DATABASE_URL") // nothing but the file is needed
	withKey, without := a.vars, map[string]string{}
	for _, tt := range []struct {
		vars map[string]string
		code int
		says string
		args []string
	}{
		{withKey, 0, "good: entries 1 to 5", []string{"--file", "whole.jsonl"}},
		{withKey, 0, "compared with 1 checkpoint, and nothing differs", []string{"--file", "whole.jsonl", "--checkpoint", a.points}},
		{withKey, 0, "good: entries 4 to 5", []string{"--file", "whole.jsonl", "--from", "4"}},
		{withKey, 0, "good: entries 1 to ", []string{"--file", "later.jsonl"}},
		{withKey, 1, "Cut off: entry 3", []string{"--file", "cut.jsonl", "--checkpoint", a.points}},
		{withKey, 2, "the line that closes an export is missing", []string{"--file", "cut.jsonl"}},
		{withKey, 2, "the line that closes", []string{"--file", "unclosed.jsonl"}},
		{withKey, 1, "Missing: entry 2", []string{"--file", "gap.jsonl"}},
		{withKey, 1, "signed for other entries", []string{"--file", "short.jsonl"}},
		{withKey, 1, "TAMPERED at entry 2", []string{"--file", "changed.jsonl"}},
		{withKey, 2, "no export", []string{"--file", "no.jsonl"}},
		{withKey, 2, "no such file", []string{"--file", "nowhere.jsonl"}},
		{withKey, 2, "not signed with this audit key", []string{"--file", "whole.jsonl", "--checkpoint", "theirs"}},
		{withKey, 2, "none is genuine", []string{"--file", "whole.jsonl", "--checkpoint", "torn"}},
		{map[string]string{"DBBOT_AUDIT_KEY": "another key of 32 bytes or more!"}, 2, "No entry fits this key", []string{"--file", "whole.jsonl"}},
		{withKey, 1, "closed with another key", []string{"--file", "foreign.jsonl"}},
		{map[string]string{"DBBOT_AUDIT_KEY": "short"}, 2, "too weak", []string{"--file", "whole.jsonl"}},
		{without, 2, "whose key that is cannot be told", []string{"--file", "whole.jsonl"}},
		{without, 0, "good: entries 1 to 5", []string{"--file", "whole.jsonl", "--checkpoint", a.points}},
		{without, 1, "another key than the checkpoints", []string{"--file", "whole.jsonl", "--checkpoint", "theirs2"}},
		{without, 1, "signed for other entries", []string{"--file", "changed.jsonl", "--checkpoint", a.points}},
		{without, 1, "Cut off: entry 3", []string{"--file", "cut.jsonl", "--checkpoint", a.points}},
	} {
		t.Run(fmt.Sprint(len(tt.vars), tt.args), func(t *testing.T) {
			if tt.args[len(tt.args)-1] == "theirs2" {
				write(t, "theirs2", other.Checkpoint(first(t, a), time.Now()).String())
			}
			a.vars = tt.vars
			a.said(t, tt.code, tt.says, append([]string{"audit", "verify"}, tt.args...)...)
		})
	}
}

// closedByAnother makes the line that closes an export anew, signed well, with a key of somebody's own.
func closedByAnother(t *testing.T, line string) string {
	t.Helper()
	var last struct {
		Closing audit.Closing `json:"closing"`
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err = errors.Join(err, json.Unmarshal([]byte(line), &last)); err != nil {
		t.Fatal(err)
	}
	c := &last.Closing
	c.By = base64.StdEncoding.EncodeToString(public)
	var message []byte
	number := func(n int64) { message = binary.BigEndian.AppendUint64(message, uint64(n)) }
	text := func(s string) { number(int64(len(s))); message = append(message, s...) }
	text("dbbot-export-v1")
	number(c.First)
	number(c.Last)
	text(c.Digest)
	number(c.At.UnixMicro())
	text(c.By)
	if c.Signature = ed25519.Sign(private, message); !c.Genuine() {
		t.Fatal("the forger does not know the form")
	}
	again, err := json.Marshal(last)
	if err != nil {
		t.Fatal(err)
	}
	return string(again) + "\n"
}

func first(t *testing.T, a *archive) audit.Entry {
	t.Helper()
	for e, err := range a.kept.Chain(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	return audit.Entry{}
}

// A chain that was tampered with is not signed, and what cannot be reached is no proof of anything.
func TestWhatCannotBeExportedOrVerified(t *testing.T) {
	a := newArchive(t)
	a.note(t, "one", "two")
	a.tamper(t, "UPDATE dbbot.audit SET name = 'Eve' WHERE seq = 1")
	if out := a.said(t, 1, "TAMPERED at entry 1", "audit", "export"); strings.Contains(out, "closing") {
		t.Errorf("signed:\n%s", out)
	}
	a.vars["DBBOT_AUDIT_KEY"] = "another key of 32 bytes or more!"
	a.said(t, 2, "No entry fits this key", "audit", "verify")
	a.vars["DBBOT_STATE_URL"] = "postgres://127.0.0.1:1/nowhere"
	a.said(t, 2, "", "audit", "verify")
	a.said(t, 2, "", "audit", "export")
	write(t, "dbbot.yml", "databases: [{name: orders, environment: production, url: \"${DATABASE_URL}\"}]\n")
	delete(a.vars, "DBBOT_AUDIT_KEY")
	a.said(t, 2, "There is no audit key", "audit", "verify")
}

func nothingSaid(context.Context, commands.View) error { return nil }
