package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup/restore"
)

// keyFlag opens what is encrypted.
type keyFlag struct {
	Identity string `short:"i" placeholder:"FILE" help:"The age key that opens encrypted backups, as age-keygen wrote it. Default: what the configuration names, else DBBOT_AGE_IDENTITY or DBBOT_AGE_IDENTITY_FILE."`
}

// key reads it; empty where there is none.
func (f keyFlag) key(p *process, d *depot) (ops.Secret, error) {
	if f.Identity != "" {
		content, err := os.ReadFile(f.Identity)
		if err != nil {
			return "", misuse("The age key "+f.Identity+" cannot be read: "+reason(err)+".", "Check the path after --identity.")
		}
		return ops.Secret(content), nil
	}
	if d.config.Backup != nil && d.config.Backup.Identity != "" {
		return d.config.Backup.Identity, nil
	}
	return secretOf(p, "DBBOT_AGE_IDENTITY")
}

// serverFlag names a PostgreSQL.
type serverFlag struct {
	Server string `short:"s" placeholder:"URL" help:"The PostgreSQL server, without a password: postgres://user@host:5432/postgres. The password comes from PGPASSWORD or ~/.pgpass, or the whole URL from DBBOT_SERVER_URL or the file that DBBOT_SERVER_URL_FILE names: arguments can be read by every user of this machine."`
}

// server is what was named, else what the configuration says; empty where neither does.
func (f serverFlag) server(p *process, configured ...ops.Secret) (ops.Secret, error) {
	if f.Server == "" {
		named, err := secretOf(p, "DBBOT_SERVER_URL")
		return cmp.Or(append([]ops.Secret{named}, configured...)...), err
	}
	at, err := url.Parse(f.Server)
	if err != nil || at.Scheme != "postgres" && at.Scheme != "postgresql" {
		return "", misuse("--server holds no URL of a PostgreSQL server.", "Write postgres://user@host:5432/postgres, without a password.")
	}
	if _, told := at.User.Password(); told || at.Query().Has("password") {
		return "", misuse("--server holds a password, which every user of this machine can read.", "Leave it out, and set PGPASSWORD; or set DBBOT_SERVER_URL to the whole URL in place of --server.")
	}
	return ops.Secret(f.Server), nil
}

func secretOf(p *process, name string) (ops.Secret, error) {
	value, _, fault := p.env.get(name)
	if fault != nil {
		return "", misuse(name+" "+fault.Problem+".", fault.Fix)
	}
	return ops.Secret(value), nil
}

// landing is where backups are restored: what was named, else the file's restore_url, migrate_url, backup_url or url.
func (f serverFlag) landing(p *process, d *depot) (restore.Target, error) {
	at, err := f.server(p, d.config.RestoreURL, d.config.MigrateURL, d.config.BackupURL, d.config.URL)
	return restore.Target{URL: at, Asked: time.Now().UTC(), By: terminal}, err
}

// terminal is who a backup is taken or restored for, where nobody asked in Slack.
const terminal = "terminal"

// here makes a fault of Slack's words fit for a terminal, and says a cancel.
func here(ctx context.Context, err error) error {
	switch marked, ok := errors.AsType[*ops.Error](err); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &ops.Error{Message: "Cancelled. Nothing half-done is left.", Cause: err}
	case ok:
		return &ops.Error{Message: inWords(marked.Message), Hint: inWords(marked.Hint), Cause: err}
	}
	return err
}

// inWords: what is typed after /db in Slack is typed after dbbot here.
func inWords(s string) string {
	return strings.NewReplacer("/db backup verify", "dbbot verify", "/db ", "dbbot ").Replace(s)
}

// confirm asks for a word before something is replaced. given is what --confirm says.
func (p *process) confirm(word, given, what string) error {
	fmt.Fprintln(p.errs, what)
	if given == "" {
		fmt.Fprintf(p.errs, "Type %s to go on: ", word)
		fmt.Fscanln(os.Stdin, &given) //nolint:errcheck // what was not typed is not the word
	}
	if given != word {
		return &ops.Error{Message: "Nothing was changed: " + word + " was not typed.", Hint: "Scripts write --confirm " + word + "."}
	}
	return nil
}
