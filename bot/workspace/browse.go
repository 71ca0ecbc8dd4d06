package workspace

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Browse opens an address in the person's browser and does not wait for it. Its error says that none was found.
func Browse(address string) error {
	openers := []string{"open"} // macOS
	if runtime.GOOS != "darwin" {
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return errors.New("no screen: neither DISPLAY nor WAYLAND_DISPLAY is set") // xdg-open would take the terminal over
		}
		openers = []string{"xdg-open", "wslview", "sensible-browser"}
	}
	for _, name := range openers {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		opener := exec.Command(path, address)
		opener.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C in our terminal is not for the browser
		if err := opener.Start(); err != nil {
			return err
		}
		go opener.Wait() // the opener ends at once; without this it would stay as a zombie
		return nil
	}
	return errors.New("this system has no command that opens a browser")
}
