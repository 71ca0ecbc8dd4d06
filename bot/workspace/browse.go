package workspace

import (
	"errors"
	"os/exec"
	"runtime"
)

// browsers are the commands that open an address in the person's browser, by system; the first one installed is used.
var browsers = map[string][][]string{
	"darwin":  {{"open"}},
	"windows": {{"rundll32", "url.dll,FileProtocolHandler"}},
	"":        {{"xdg-open"}, {"wslview"}, {"sensible-browser"}},
}

// Browse opens an address in the person's browser and does not wait for it. Its error says that none was found.
func Browse(address string) error {
	known, ok := browsers[runtime.GOOS]
	if !ok {
		known = browsers[""]
	}
	for _, command := range known {
		path, err := exec.LookPath(command[0])
		if err != nil {
			continue
		}
		opener := exec.Command(path, append(command[1:], address)...)
		if err := opener.Start(); err != nil {
			return err
		}
		go opener.Wait() // the opener ends at once; without this it would stay as a zombie
		return nil
	}
	return errors.New("this system has no command that opens a browser")
}
