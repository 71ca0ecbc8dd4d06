package store

import (
	"bytes"
	"strings"
	"testing"

	"dbbot/ops/backup"
	"dbbot/ops/backup/store/storetest"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// smallPart is the smallest part that S3 takes.
const smallPart = 5 << 20

func TestABucketIsAStore(t *testing.T) {
	g := storetest.StartGateway(t)
	storetest.Run(t, func(t *testing.T) storetest.Fixture {
		name, url := g.Bucket(t)
		open := func() bucket {
			b := opening(t, url).(bucket)
			b.part = smallPart
			return b
		}
		return storetest.Fixture{
			Store: open(), Again: func() backup.Store { return open() }, Part: single + smallPart,
			Abandon:    func(t testing.TB, file string) { abandon(t, g, name, "of/shop/"+file) },
			Unfinished: func(t testing.TB) int { return len(uploads(t, g, name)) },
		}
	})
}

// abandon leaves an upload with one part.
func abandon(t testing.TB, g *storetest.Gateway, bucket, object string) {
	t.Helper()
	id, err := g.Root.NewMultipartUpload(t.Context(), bucket, object, minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 100)
	if _, err := g.Root.PutObjectPart(t.Context(), bucket, object, id, 1, bytes.NewReader(part), int64(len(part)), minio.PutObjectPartOptions{}); err != nil {
		t.Fatal(err)
	}
}

func uploads(t testing.TB, g *storetest.Gateway, bucket string) (names []string) {
	t.Helper()
	for o := range g.Root.ListIncompleteUploads(t.Context(), bucket, "", true) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		names = append(names, o.Key)
	}
	return names
}

// mustCreds are the credentials that a store found.
func mustCreds(t *testing.T, b bucket) *credentials.Credentials {
	t.Helper()
	found, err := b.client.GetCreds()
	if err != nil {
		t.Fatal(err)
	}
	return credentials.NewStaticV4(found.AccessKeyID, found.SecretAccessKey, "")
}

// once is the store's client that asks once: what is retried takes seconds, and its answer is the same.
func once(t *testing.T, b bucket, url string) *minio.Core {
	t.Helper()
	client, err := minio.NewCore(strings.TrimPrefix(url, "http://"), &minio.Options{Creds: mustCreds(t, b), Region: "us-east-1", MaxRetries: 1})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
