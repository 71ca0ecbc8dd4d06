package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"dbbot/ops"
	"dbbot/ops/backup/store/storetest"
)

// saidAs checks that a person could read an error: what happened, what to do, and no secret.
func saidAs(t *testing.T, err error, message, hint string) {
	t.Helper()
	marked, ok := errors.AsType[*ops.Error](err)
	if !ok || !strings.Contains(marked.Message, message) || !strings.Contains(marked.Hint, hint) {
		t.Errorf("want %q and %q, got %#v", message, hint, err)
		return
	}
	if all := fmt.Sprintf("%v %s %s", err, marked.Message, marked.Hint); strings.Contains(all, "hunter2") {
		t.Errorf("a secret is told: %s", all)
	}
}

func TestWhatARealServerRefuses(t *testing.T) {
	g := storetest.StartGateway(t)
	_, url := g.Bucket(t)
	_, err := opening(t, "s3://nowhere?endpoint=http://"+g.Host).List(t.Context(), "")
	saidAs(t, err, "There is no bucket nowhere at "+g.Host+".", "")
	_, err = opening(t, "s3://nowhere?endpoint=http://"+g.Host).Put(t.Context(), "a", strings.NewReader("x"), 0)
	saidAs(t, err, "There is no bucket nowhere", "")

	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2-but-another")
	_, err = opening(t, url).Put(t.Context(), "a", strings.NewReader("x"), 0)
	saidAs(t, err, "does not accept the secret key", "AWS_SECRET_ACCESS_KEY")
	t.Setenv("AWS_ACCESS_KEY_ID", "hunter2-unknown")
	_, err = opening(t, url).List(t.Context(), "")
	saidAs(t, err, "does not know the access key", "AWS_ACCESS_KEY_ID")

	g.User(t, "reader", "hunter2-reader")
	t.Setenv("AWS_ACCESS_KEY_ID", "reader")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2-reader")
	_, err = opening(t, url).List(t.Context(), "")
	saidAs(t, err, "The key may not list in "+url, "s3:ListBucket")
}

// A key that may write and may not take back: the parts stay, and that is said.
func TestPartsThatMayNotBeTakenBackAreSaid(t *testing.T) {
	g := storetest.StartGateway(t)
	name, url := g.Bucket(t)
	g.User(t, "writer", "hunter2-writer")
	policy := `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": ["writer"]}, "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"], "Resource": "arn:aws:s3:::%[1]s"},
		{"Effect": "Allow", "Principal": {"AWS": ["writer"]}, "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "arn:aws:s3:::%[1]s/*"}]}`
	if err := g.Root.SetBucketPolicy(t.Context(), name, fmt.Sprintf(policy, name)); err != nil {
		t.Fatal(err)
	}
	root := opening(t, url)
	if _, err := root.List(t.Context(), ""); err != nil { // finds its credentials now
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "writer")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2-writer")
	b := opening(t, url).(bucket)
	b.part = smallPart
	broken := io.MultiReader(strings.NewReader(strings.Repeat("x", single+2*smallPart)), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := b.Put(t.Context(), "orders/a/archive.dump", broken, 0)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("why it failed is not said: %v", err)
	}
	saidAs(t, err, "Parts of an unfinished upload may be left", "s3:AbortMultipartUpload")
	_, err = b.Sweep(t.Context(), "", 0)
	saidAs(t, err, "The key may not sweep", "s3:AbortMultipartUpload")
	saidAs(t, b.Delete(t.Context(), "orders/a/archive.dump"), "The key may not delete", "s3:DeleteObject")
	if removed, err := root.Sweep(t.Context(), "orders/", 0); err != nil || len(removed) != 1 {
		t.Errorf("with the right to: %q, %v", removed, err)
	}
}

// More parts than S3 takes: refused, not cut off.
func TestMoreThanFits(t *testing.T) {
	g := storetest.StartGateway(t)
	name, url := g.Bucket(t)
	b := opening(t, url).(bucket)
	b.part = smallPart
	b.most = 2
	_, err := b.Put(t.Context(), "a", strings.NewReader(strings.Repeat("x", 2*smallPart+1)), 0)
	saidAs(t, err, "More came than was estimated", "")
	if left, err := b.List(t.Context(), ""); err != nil || len(left) > 0 || len(uploads(t, g, name)) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err = b.Put(t.Context(), "a", strings.NewReader(strings.Repeat("x", 2*smallPart)), 0); err != nil {
		t.Errorf("what just fits: %v", err)
	}
}

func TestPartsAreAsLargeAsTheyHaveToBe(t *testing.T) {
	b := bucket{part: unestimated}
	for _, estimate := range []int64{0, 1, 1 << 30, 60 << 30, 100 << 30, 1 << 40, 4 << 40} {
		part := b.partFor(estimate)
		if part < smallPart || part%(1<<20) != 0 || part*maxParts < estimate/4*5 {
			t.Errorf("%d bytes in parts of %d", estimate, part)
		}
		if estimate <= 60<<30 && part > 16<<20 {
			t.Errorf("%d bytes need no parts of %d", estimate, part)
		}
	}
}

// What servers answer that no test can bring about for real.
func TestWhatServersAnswer(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	for _, tt := range []struct {
		status              int
		code, message, hint string
	}{
		{400, "ExpiredToken", "The credentials for 127.0.0.1", "Renew them"},
		{403, "RequestTimeTooSkewed", "The clock of this machine and that of", "NTP"},
		{301, "PermanentRedirect", "The bucket backups is in another region.", "?region=eu-central-1"},
		{400, "AuthorizationHeaderMalformed", "in another region", "?region=eu-central-1"},
		{503, "SlowDown", "is overloaded", "later"},
		{507, "XMinioStorageFull", "is full", "room"},
		{403, "QuotaExceeded", "is full", "room"},
		{403, "AccessDenied", "The key may not read in s3://backups", "s3:GetObject"},
		{403, "Whatever", "The key may not read", "s3:GetObject"},
		{403, "SignatureDoesNotMatch", "does not accept the secret key", "AWS_SECRET_ACCESS_KEY"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			fmt.Fprintf(w, `<Error><Code>%s</Code><Message>hunter2</Message><Region>eu-central-1</Region></Error>`, tt.code)
		}))
		b := opening(t, "s3://backups?endpoint="+server.URL).(bucket)
		b.client = once(t, b, server.URL)
		_, err := b.Get(t.Context(), "a")
		saidAs(t, err, tt.message, tt.hint)
		server.Close()
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	server := httptest.NewServer(nil)
	gone := server.URL
	server.Close()
	b := opening(t, "s3://backups?endpoint="+gone).(bucket)
	b.client = once(t, b, gone)
	_, err := b.List(t.Context(), "")
	saidAs(t, err, "cannot be reached", "endpoint")

	secure := httptest.NewTLSServer(nil)
	defer secure.Close()
	b = opening(t, "s3://backups?endpoint="+secure.URL).(bucket)
	_, err = b.List(t.Context(), "")
	saidAs(t, err, "is not trusted here", "SSL_CERT_FILE")
}

// A server that takes a request and never answers keeps nobody longer than the context.
func TestAServerThatNeverAnswers(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	arrived, over := make(chan struct{}, 10), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived <- struct{}{}; <-over }))
	defer server.Close()
	defer close(over)
	ctx, cancel := context.WithCancelCause(t.Context())
	errStop := errors.New("somebody pressed Cancel")
	go func() { <-arrived; cancel(errStop) }()
	if _, err := opening(t, "s3://backups?endpoint="+server.URL).Put(ctx, "a", strings.NewReader("x"), 0); !errors.Is(err, errStop) {
		t.Errorf("got %v", err)
	}
}

func TestNoCredentialsAreSaid(t *testing.T) {
	g := storetest.StartGateway(t)
	_, url := g.Bucket(t)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	_, err := opening(t, url).List(t.Context(), "")
	saidAs(t, err, "There are no credentials for "+g.Host, "AWS_ACCESS_KEY_ID")
}
