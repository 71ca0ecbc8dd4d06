// Package store keeps the files of backups: in a folder, in S3 and what speaks its language, in Google Cloud Storage and in
// Azure, behind the one contract backup.Store. It may import ops and ops/backup.
package store

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// openers by the scheme of a store's URL.
var openers = map[string]func(ctx context.Context, at *url.URL) (backup.Store, error){
	"file": openFile,
	"s3":   openS3,
	"gs":   openGoogle, "azblob": openAzure,
}

// Open opens the store that a URL names: file:///folder, s3://bucket/prefix?endpoint=https://…&region=…, gs://bucket/prefix
// or azblob://container/prefix. Nothing is asked of it yet. Credentials come from the environment, as each provider's own
// tools read them, and never stand in the URL. Errors are *ops.Error.
func Open(ctx context.Context, address string) (backup.Store, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme == "" {
		return nil, badURL("That is no URL of a store.", address)
	}
	open, known := openers[at.Scheme]
	switch {
	case !known:
		return nil, badURL("Backups cannot be kept in "+ops.Printable(at.Scheme, maxSaid)+"://.", address)
	case at.User != nil:
		return nil, badURL("A store's URL holds no user and no password.", "")
	case at.Fragment != "":
		return nil, badURL("A store's URL holds no #.", address)
	}
	return open(ctx, at)
}

// maxSaid bounds a name in a sentence.
const maxSaid = 200

func badURL(message, address string) error {
	e := &ops.Error{Message: message, Hint: "Write file:///folder, s3://bucket/prefix, gs://bucket/prefix or azblob://container/prefix."}
	if at := ops.Redact(address); at != "" && !strings.Contains(message, "://") {
		e.Message = strings.TrimSuffix(message, ".") + ": " + ops.Printable(at, maxSaid) + "."
	}
	return e
}

// only refuses parameters that a kind of store does not know: a misspelt one would be silently without effect.
func only(at *url.URL, known ...string) error {
	for name := range at.Query() {
		if !slices.Contains(known, name) {
			e := &ops.Error{Message: "A store at " + at.Scheme + "://… has no parameter " + ops.Printable(ops.Redact(name), maxSaid) + ".", Hint: "It has none."}
			if len(known) > 0 {
				e.Hint = "It has: " + strings.Join(known, ", ") + "."
			}
			return e
		}
	}
	return nil
}
