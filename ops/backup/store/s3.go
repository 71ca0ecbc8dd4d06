package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket is a store in S3, or in what speaks its language. What is large goes up in parts, the rest in one request. Either is
// there whole or not at all.
type bucket struct {
	client *minio.Core
	name   string
	prefix string // of all names; empty, or with a slash at its end
	at     string // Location
	host   string // for people
	part   int64  // the size of a part where nobody knows how much comes
	most   int    // parts
}

// single is up to how much goes up in one request.
const single = 5 << 20

// Bounds of one request.
const (
	retries   = 5
	askingIAM = 3 * time.Second // elsewhere than at Amazon nobody answers there
)

func openS3(_ context.Context, at *url.URL) (backup.Store, error) {
	if err := only(at, "endpoint", "region"); err != nil {
		return nil, err
	}
	b := bucket{name: at.Host, prefix: strings.Trim(at.Path, "/"), part: unestimated, most: maxParts}
	if b.prefix != "" {
		if fits(b.prefix) != nil {
			return nil, badURL("The folder in the store's URL may hold letters, digits, - _ . and / alone.", at.String())
		}
		b.prefix += "/"
	}
	endpoint, options, err := endpointOf(at.Query())
	if err != nil {
		return nil, err
	}
	client, err := minio.NewCore(endpoint, options)
	if err == nil && b.name == "" {
		err = errors.New("no bucket")
	}
	if err != nil {
		return nil, badURL("That is no URL of a bucket.", at.String())
	}
	b.client, b.host, b.at = client, endpoint, at.String()
	return b, nil
}

// endpointOf says where the bucket's server is and how to talk to it. Elsewhere than at Amazon the bucket stands in the path: few have a
// name in DNS for each.
func endpointOf(query url.Values) (string, *minio.Options, error) {
	options := &minio.Options{
		Secure: true, MaxRetries: retries, BucketLookup: minio.BucketLookupAuto,
		Region: cmp.Or(query.Get("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Client: &http.Client{Timeout: askingIAM}},
		}),
	}
	given := query.Get("endpoint")
	if given == "" {
		return "s3.amazonaws.com", options, nil
	}
	at, err := url.Parse(given)
	if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" || at.User != nil || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" {
		return "", nil, &ops.Error{Message: "The endpoint in the store's URL is no address of a server.", Hint: "Write ?endpoint=https://host:port, and nothing more."}
	}
	options.Secure, options.BucketLookup = at.Scheme == "https", minio.BucketLookupPath
	options.Region = cmp.Or(options.Region, "us-east-1") // what such servers call theirs
	return at.Host, options, nil
}

// Location is the store's URL: no secret stands in it.
func (b bucket) Location() string { return b.at }

// Close has nothing to give up: idle connections end by themselves.
func (b bucket) Close() error { return nil }

// Put implements backup.Store.
func (b bucket) Put(ctx context.Context, name string, r io.Reader, estimate int64) (int64, error) {
	if err := fits(name); err != nil {
		return 0, err
	}
	from := &guarded{ctx: ctx, from: r}
	head := make([]byte, single)
	n, err := io.ReadFull(from, head)
	switch {
	case from.failed != nil:
		return 0, from.failed
	case err != nil: // all of it, and it is small
		_, err = b.client.Client.PutObject(ctx, b.name, b.prefix+name, bytes.NewReader(head[:n]), int64(n), minio.PutObjectOptions{DisableMultipart: true})
		return int64(n), b.fault(ctx, "write", err)
	}
	err = b.putParts(ctx, name, from, head, b.partFor(estimate))
	return from.read, err
}

// Get implements backup.Store.
func (b bucket) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := fits(name); err != nil {
		return nil, err
	}
	body, _, _, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		if code := minio.ToErrorResponse(err).Code; code == minio.NoSuchKey {
			return nil, fmt.Errorf("%s in %s: %w", name, b.at, backup.ErrMissing)
		}
		return nil, b.fault(ctx, "read", err)
	}
	return opened{body, ctx}, nil
}

// List implements backup.Store.
func (b bucket) List(ctx context.Context, prefix string) (found []backup.Object, err error) {
	if err := fitsPrefix(prefix); err != nil {
		return nil, err
	}
	for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, b.fault(ctx, "list", o.Err)
		}
		if name := strings.TrimPrefix(o.Key, b.prefix); fits(name) == nil {
			found = append(found, backup.Object{Name: name, Size: o.Size, Modified: o.LastModified.UTC(), Tag: o.ETag})
		}
	}
	return found, context.Cause(ctx)
}

// Delete implements backup.Store. S3 itself does not mind when there is nothing.
func (b bucket) Delete(ctx context.Context, name string) error {
	if err := cmp.Or(fits(name), context.Cause(ctx)); err != nil {
		return err
	}
	return b.fault(ctx, "delete", b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}))
}

// Sweep implements backup.Store: uploads of several parts that were begun longer ago than age and never ended.
func (b bucket) Sweep(ctx context.Context, prefix string, age time.Duration) (removed []string, err error) {
	if err := fitsPrefix(prefix); err != nil {
		return nil, err
	}
	for o := range b.client.ListIncompleteUploads(ctx, b.name, b.prefix+prefix, true) {
		if o.Err != nil {
			return removed, b.fault(ctx, "sweep", o.Err)
		}
		if time.Since(o.Initiated) < age {
			continue
		}
		if err := b.client.AbortMultipartUpload(ctx, b.name, o.Key, o.UploadID); err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
			return removed, b.fault(ctx, "sweep", err)
		}
		removed = append(removed, strings.TrimPrefix(o.Key, b.prefix))
	}
	return removed, context.Cause(ctx)
}
