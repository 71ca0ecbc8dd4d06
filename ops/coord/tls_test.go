package coord

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
)

// certificate makes one for localhost that is its own authority, and gives the folder with both files.
func certificate(t *testing.T) (folder string, authority *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder, authority = t.TempDir(), x509.NewCertPool()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	authority.AddCert(parsed)
	return folder, authority
}

// trusting is a Coord that knows one more authority.
func trusting(t *testing.T, url string, authority *x509.CertPool) *Coord {
	t.Helper()
	o, err := options(ops.Secret(url))
	if err != nil {
		t.Fatal(err)
	}
	if o.TLSConfig == nil || o.TLSConfig.InsecureSkipVerify {
		t.Fatal("nothing is verified")
	}
	o.TLSConfig.RootCAs = authority
	c := open(o, quiet)
	c.secret = "a secret of all replicas"
	t.Cleanup(func() { c.Close() })
	return c
}

func TestTLS(t *testing.T) {
	folder, authority := certificate(t)
	port := freePort(t)
	plain := start(t, 0, "--tls-port", strconv.Itoa(port), "--tls-auth-clients", "no", "--tls-cert-file", filepath.Join(folder, "cert.pem"),
		"--tls-key-file", filepath.Join(folder, "key.pem"), "--tls-ca-cert-file", filepath.Join(folder, "cert.pem"))
	at := func(host string) string { return "rediss://" + host + ":" + strconv.Itoa(port) }
	everything(t, trusting(t, at("localhost"), authority), trusting(t, at("localhost"), authority))

	for name, tt := range map[string]struct {
		c    *Coord
		says string
	}{
		"an authority nobody knows": {connect(t, at("localhost")), "could not be verified"},
		"another host's name":       {trusting(t, at("127.0.0.1"), authority), "could not be verified"},
		"silence at that port":      {trusting(t, strings.Replace(plain.url, "redis:", "rediss:", 1), authority), "did not answer"},
		"no TLS at that port":       {trusting(t, strings.Replace(refused(t), "redis:", "rediss:", 1), authority), "does not speak TLS"},
		"TLS at that port":          {connect(t, "redis://127.0.0.1:"+strconv.Itoa(port)), "did not answer"},
	} {
		eventually(t, name+" says: "+tt.says, func() bool { // on a slow machine the first handshakes may take too long
			err := tt.c.Ping(t.Context())
			return err != nil && strings.Contains(err.Error(), tt.says)
		})
	}
}

// refused is a server that says no to everybody, in the clear, as Redis does in its protected mode.
func refused(t *testing.T) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("-DENIED Redis is running in protected mode\r\n"))
			_, _ = io.Copy(io.Discard, conn) // until whoever called has gone
			conn.Close()
		}
	}()
	return "redis://" + listener.Addr().String()
}
