package workspace

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestBrowse: the system's opener is started with the address, and without a screen nothing is.
func TestBrowse(t *testing.T) {
	dir := t.TempDir()
	said := filepath.Join(dir, "said")
	for _, name := range []string{"open", "xdg-open"} {
		script := "#!/bin/sh\nprintf %s \"$1\" >" + said + ".part && mv " + said + ".part " + said + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	t.Setenv("DISPLAY", ":0")
	const address = "http://127.0.0.1:9190"
	if err := Browse(address); err != nil {
		t.Fatal(err)
	}
	deadline, tick := time.After(10*time.Second), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for {
		if got, err := os.ReadFile(said); err == nil {
			if string(got) != address {
				t.Errorf("the opener got %q", got)
			}
			break
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the opener was not started")
		}
	}
}

func TestBrowseWithoutAScreen(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("macOS always has a screen")
	}
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	if err := Browse("http://127.0.0.1"); err == nil || !strings.Contains(err.Error(), "no screen") {
		t.Errorf("got %v", err)
	}
}
