package storetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Gateway is a real S3 server of a test's own, over a folder: versitygw.
type Gateway struct {
	Host    string      // 127.0.0.1:port
	Root    *minio.Core // with all rights
	Folder  string      // where the buckets are
	Program string
	buckets int
}

// The root user's credentials.
const (
	AccessKey = "root"
	SecretKey = "hunter2-is-secret"
)

// startsWithin bounds how long the server may take: a third of a second where nothing else runs.
const startsWithin = 30 * time.Second

// StartGateway starts a server and ends it with the test; it skips where the program is not installed. The credentials are put
// into the environment, as Amazon's own tools read them.
func StartGateway(t testing.TB) *Gateway {
	t.Helper()
	program := os.Getenv("VERSITYGW")
	if program == "" {
		var err error
		if program, err = exec.LookPath("versitygw"); err != nil {
			t.Skip("versitygw is not installed: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0, and name it in VERSITYGW")
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", SecretKey)
	dir := t.TempDir()
	g := &Gateway{Host: freePort(t), Folder: filepath.Join(dir, "buckets"), Program: program}
	for _, folder := range []string{g.Folder, filepath.Join(dir, "iam"), filepath.Join(dir, "attributes")} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// A folder for attributes: not every file system of a test machine has its own.
	g.run(t, "--quiet", "--port", g.Host, "--iam-dir", filepath.Join(dir, "iam"), "posix", "--sidecar", filepath.Join(dir, "attributes"), g.Folder)
	var err error
	if g.Root, err = minio.NewCore(g.Host, &minio.Options{Creds: credentials.NewStaticV4(AccessKey, SecretKey, ""), Region: "us-east-1"}); err != nil {
		t.Fatal(err)
	}
	g.awaited(t)
	return g
}

// run starts the server in a process that ends with this one.
func (g *Gateway) run(t testing.TB, args ...string) {
	t.Helper()
	server := exec.Command(g.Program, args...)
	server.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+AccessKey, "ROOT_SECRET_KEY="+SecretKey)
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill() // a store that is thrown away needs no farewell
		_ = server.Wait()
	})
}

// awaited waits until the server answers.
func (g *Gateway) awaited(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startsWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := g.Root.ListBuckets(ctx); err == nil {
			return
		} else if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
			t.Fatalf("versitygw: %s", answer.Message)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("versitygw did not answer in time")
		}
	}
}

// Bucket makes an empty bucket and gives the URL of a store in it.
func (g *Gateway) Bucket(t testing.TB) (name, url string) {
	t.Helper()
	g.buckets++
	name = fmt.Sprintf("backups-%d", g.buckets)
	if err := g.Root.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return name, "s3://" + name + "/of/shop?endpoint=http://" + g.Host
}

// User makes an account that may do nothing yet.
func (g *Gateway) User(t testing.TB, access, secret string) {
	t.Helper()
	admin := exec.CommandContext(t.Context(), g.Program, "admin", "--access", AccessKey, "--secret", SecretKey, "--endpoint-url", "http://"+g.Host,
		"create-user", "--access", access, "--secret", secret, "--role", "user")
	if said, err := admin.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
}

// freePort is one that nobody listened at a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
