package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTheEmbeddedManifestIsTheOneAtTheTop: go:embed cannot reach the manifest that people paste into Slack, so the demo
// carries a copy.
func TestTheEmbeddedManifestIsTheOneAtTheTop(t *testing.T) {
	top, err := os.ReadFile(filepath.Join(root, "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(manifest, top) {
		t.Error("cmd/dbbot/manifest.yml differs from manifest.yml: cp manifest.yml cmd/dbbot/")
	}
}
