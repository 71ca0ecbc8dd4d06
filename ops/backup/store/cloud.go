package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcerrors"
	"gocloud.dev/gcp"
)

// cloud is a store in Google Cloud Storage or Azure. Both put what is written together at the end alone, and forget by themselves, after a
// week, what was never ended.
type cloud struct {
	bucket *blob.Bucket
	at     string // Location
	blocks int64  // of how many a file may consist; 0: as many as it takes
	wants  string // what the environment has to say for credentials
}

// chunk is how much goes up in one request; Azure takes 50,000 of them, Google any number.
const (
	chunk       = 8 << 20
	azureBlocks = 50_000
)

func openGoogle(ctx context.Context, at *url.URL) (backup.Store, error) {
	if err := only(at); err != nil {
		return nil, err
	}
	client, err := google(ctx)
	if err != nil {
		return nil, &ops.Error{
			Message: "There are no credentials for Google Cloud Storage.",
			Hint:    "Name a key file in GOOGLE_APPLICATION_CREDENTIALS, or run where Google gives an account.", Cause: err,
		}
	}
	found, err := gcsblob.OpenBucket(ctx, client, at.Host, nil)
	return within(found, err, at, cloud{wants: "GOOGLE_APPLICATION_CREDENTIALS"})
}

// google is a client with the credentials that Google's own tools would use; none for an emulator.
func google(ctx context.Context) (*gcp.HTTPClient, error) {
	if os.Getenv("STORAGE_EMULATOR_HOST") != "" {
		return gcp.NewAnonymousHTTPClient(gcp.DefaultTransport()), nil
	}
	creds, err := gcp.DefaultCredentials(ctx)
	if err != nil {
		return nil, err
	}
	return gcp.NewHTTPClient(gcp.DefaultTransport(), gcp.CredentialsTokenSource(creds))
}

func openAzure(ctx context.Context, at *url.URL) (backup.Store, error) {
	if err := only(at, "storage_account", "domain", "protocol", "cdn", "localemu"); err != nil {
		return nil, err
	}
	bare := *at
	bare.Path = ""
	found, err := blob.OpenBucket(ctx, bare.String())
	return within(found, err, at, cloud{wants: "AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, or AZURE_STORAGE_SAS_TOKEN", blocks: azureBlocks})
}

// within makes a store of a bucket, or of a folder in it.
func within(found *blob.Bucket, err error, at *url.URL, c cloud) (backup.Store, error) {
	c.at = at.String()
	if err != nil {
		return nil, &ops.Error{Message: c.at + " cannot be opened.", Hint: "Set " + c.wants + ", and look at the URL.", Cause: err}
	}
	if prefix := strings.Trim(at.Path, "/"); prefix != "" {
		if fits(prefix) != nil {
			found.Close()
			return nil, badURL("The folder in the store's URL may hold letters, digits, - _ . and / alone.", c.at)
		}
		found = blob.PrefixedBucket(found, prefix+"/")
	}
	c.bucket = found
	return c, nil
}

// Location is the store's URL: no secret stands in it.
func (c cloud) Location() string { return c.at }

// Close gives up the client.
func (c cloud) Close() error { return c.bucket.Close() }

// Put implements backup.Store.
func (c cloud) Put(ctx context.Context, name string, r io.Reader, estimate int64) (int64, error) {
	if err := fits(name); err != nil {
		return 0, err
	}
	from := &guarded{ctx: ctx, from: r}
	writing, discard := context.WithCancel(ctx)
	defer discard()
	// Upload, and no writer: Azure's, in this version of the library, falls over when it is closed after a cancel.
	err := c.bucket.Upload(writing, name, discarding{from, discard}, &blob.WriterOptions{
		ContentType: "application/octet-stream", BufferSize: int(c.chunkFor(estimate)), MaxConcurrency: atOnce,
	})
	if from.failed != nil {
		return from.read, from.failed
	}
	return from.read, c.fault(ctx, "write", err)
}

// discarding cancels the writing before a reader's failure is told to it: the library would close, and so keep, what it has.
type discarding struct {
	*guarded
	discard func()
}

func (d discarding) Read(p []byte) (int, error) {
	n, err := d.guarded.Read(p)
	if d.failed != nil {
		d.discard()
	}
	return n, err
}

// chunkFor makes blocks as large as they have to be, with a quarter to spare.
func (c cloud) chunkFor(estimate int64) int64 {
	if c.blocks == 0 {
		return chunk
	}
	return max(chunk, estimate/c.blocks+estimate/c.blocks/4)
}

// Get implements backup.Store.
func (c cloud) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := fits(name); err != nil {
		return nil, err
	}
	r, err := c.bucket.NewReader(ctx, name, nil)
	switch {
	case gcerrors.Code(err) == gcerrors.NotFound && c.there(ctx):
		return nil, fmt.Errorf("%s in %s: %w", name, c.at, backup.ErrMissing)
	case err != nil:
		return nil, c.fault(ctx, "read", err)
	}
	return opened{r, ctx}, nil
}

// there tells a missing file from a missing bucket.
func (c cloud) there(ctx context.Context) bool {
	ok, err := c.bucket.IsAccessible(ctx)
	return ok || err != nil
}

// List implements backup.Store.
func (c cloud) List(ctx context.Context, prefix string) (found []backup.Object, err error) {
	if err := fitsPrefix(prefix); err != nil {
		return nil, err
	}
	all := c.bucket.List(&blob.ListOptions{Prefix: prefix})
	for {
		o, err := all.Next(ctx)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, c.fault(ctx, "list", err)
		}
		if fits(o.Key) == nil && !o.IsDir {
			found = append(found, backup.Object{Name: o.Key, Size: o.Size, Modified: o.ModTime.UTC(), Tag: hex.EncodeToString(o.MD5)})
		}
	}
}

// Delete implements backup.Store.
func (c cloud) Delete(ctx context.Context, name string) error {
	if err := cmp.Or(fits(name), context.Cause(ctx)); err != nil {
		return err
	}
	if err := c.bucket.Delete(ctx, name); gcerrors.Code(err) != gcerrors.NotFound {
		return c.fault(ctx, "delete", err)
	}
	return nil
}

// Sweep implements backup.Store: there is nothing that could be seen, and the provider forgets it after a week.
func (c cloud) Sweep(_ context.Context, prefix string, _ time.Duration) ([]string, error) {
	return nil, fitsPrefix(prefix)
}

// fault says in plain words why a store did not do something.
func (c cloud) fault(ctx context.Context, act string, err error) error {
	if err == nil {
		return nil
	}
	if ended := context.Cause(ctx); ended != nil {
		return ended
	}
	said := func(message, hint string) error { return &ops.Error{Message: message, Hint: hint, Cause: err} }
	switch gcerrors.Code(err) {
	case gcerrors.NotFound:
		return said("There is no bucket "+c.at+".", "Make it there, or correct the store's URL.")
	case gcerrors.PermissionDenied:
		return said("The account may not "+act+" in "+c.at+".", "Look at its rights, and at "+c.wants+".")
	case gcerrors.ResourceExhausted:
		return said(c.at+" takes no more for now.", "Look at its quota, or try again later.")
	case gcerrors.DeadlineExceeded:
		return said(c.at+" does not answer.", "Try again; look whether this machine may reach it.")
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return said(c.at+" cannot be reached.", "Look at the store's URL, and whether this machine may reach it.")
	}
	return err
}
