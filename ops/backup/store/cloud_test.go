package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"dbbot/ops/backup"
	"dbbot/ops/backup/store/storetest"
)

// The account that Azurite knows, published with it.
const (
	azureAccount = "devstoreaccount1"
	azureKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// emulator starts a program that a provider's store is tried with, and waits for its port.
func emulator(t *testing.T, name, install string, args func(host, port, dir string) []string) (host string) {
	t.Helper()
	program := os.Getenv(name)
	if program == "" {
		t.Skip(name + " names no program: " + install)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host = l.Addr().String()
	l.Close()
	server := exec.Command(program, args("127.0.0.1", strings.TrimPrefix(host, "127.0.0.1:"), t.TempDir())...)
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", host); err == nil {
			c.Close()
			return host
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(name + " did not answer in time")
		}
	}
}

func TestGoogleCloudStorageIsAStore(t *testing.T) {
	host := emulator(t, "FAKE_GCS_SERVER", "go install github.com/fsouza/fake-gcs-server@v1.56.1", func(host, port, _ string) []string {
		return []string{"-scheme", "http", "-host", host, "-port", port, "-backend", "memory", "-public-host", host + ":" + port, "-log-level", "error"}
	})
	t.Setenv("STORAGE_EMULATOR_HOST", host)
	buckets := 0
	storetest.Run(t, func(t *testing.T) storetest.Fixture {
		buckets++
		name := fmt.Sprintf("backups-%d", buckets)
		made, err := http.Post("http://"+host+"/storage/v1/b?project=p", "application/json", strings.NewReader(`{"name": "`+name+`"}`))
		if err != nil || made.StatusCode != http.StatusOK {
			t.Fatal(made, err)
		}
		made.Body.Close()
		open := func() backup.Store { return opening(t, "gs://"+name+"/of/shop") }
		return storetest.Fixture{Store: open(), Again: open, Part: chunk}
	})
	_, err := opening(t, "gs://nowhere").List(t.Context(), "")
	saidAs(t, err, "There is no bucket gs://nowhere", "")
	_, err = opening(t, "gs://nowhere").Get(t.Context(), "a")
	saidAs(t, err, "There is no bucket gs://nowhere", "")
}

func TestAzureIsAStore(t *testing.T) {
	host := emulator(t, "AZURITE", "npm install azurite, and name its azurite-blob", func(host, port, dir string) []string {
		return []string{"--silent", "--skipApiVersionCheck", "--blobHost", host, "--blobPort", port, "--location", dir}
	})
	t.Setenv("AZURE_STORAGE_ACCOUNT", azureAccount)
	t.Setenv("AZURE_STORAGE_KEY", azureKey)
	address := "azblob://%s?protocol=http&domain=" + host
	containers := 0
	storetest.Run(t, func(t *testing.T) storetest.Fixture {
		containers++
		name := fmt.Sprintf("backups-%d", containers)
		makeContainer(t, host, name)
		open := func() backup.Store {
			return opening(t, strings.Replace(fmt.Sprintf(address, name), "?", "/of/shop?", 1))
		}
		return storetest.Fixture{Store: open(), Again: open, Part: chunk}
	})
	_, err := opening(t, fmt.Sprintf(address, "nowhere")).List(t.Context(), "")
	saidAs(t, err, "There is no bucket", "")
}

// makeContainer asks Azure's own way for one: a request signed with the account's key.
func makeContainer(t *testing.T, host, name string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+host+"/"+azureAccount+"/"+name+"?restype=container", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Ms-Date", time.Now().UTC().Format(http.TimeFormat))
	request.Header.Set("X-Ms-Version", "2021-08-06")
	key, err := base64.StdEncoding.DecodeString(azureKey)
	if err != nil {
		t.Fatal(err)
	}
	sum := hmac.New(sha256.New, key)
	fmt.Fprintf(sum, "PUT%sx-ms-date:%s\nx-ms-version:2021-08-06\n/%s/%s/%s\nrestype:container",
		strings.Repeat("\n", 12), request.Header.Get("X-Ms-Date"), azureAccount, azureAccount, name)
	request.Header.Set("Authorization", "SharedKey "+azureAccount+":"+base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	made, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	made.Body.Close()
	if made.StatusCode != http.StatusCreated {
		t.Fatalf("no container: %s", made.Status)
	}
}
