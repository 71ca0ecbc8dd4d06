package cluster

import (
	"bufio"
	"os"
	"runtime"
	"strings"
)

// Installer is how this system installs a PostgreSQL server.
type Installer struct {
	Commands [][]string // to be run in this order, as root
	Tested   bool       // dbbot may run them itself: Debian and Ubuntu
}

// InstallCommand is the line a person types to install the server programs here.
func InstallCommand() string {
	in := installer(runtime.GOOS, readOSRelease("/etc/os-release"))
	if in.Commands == nil {
		return "the packages of your system, or https://www.postgresql.org/download/"
	}
	lines := make([]string, len(in.Commands))
	for i, c := range in.Commands {
		lines[i] = strings.Join(c, " ")
		if runtime.GOOS == "linux" && os.Geteuid() != 0 {
			lines[i] = "sudo " + lines[i]
		}
	}
	return strings.Join(lines, " && ")
}

// ThisSystem tells how to install here.
func ThisSystem() Installer {
	return installer(runtime.GOOS, readOSRelease("/etc/os-release"))
}

func installer(goos string, ids []string) Installer {
	if goos == "darwin" {
		return Installer{Commands: [][]string{{"brew", "install", "postgresql@17"}}}
	}
	for _, id := range ids {
		switch id {
		case "debian", "ubuntu":
			return Installer{Tested: true, Commands: [][]string{
				{"apt-get", "update"}, {"apt-get", "install", "-y", "postgresql"},
			}}
		case "fedora", "rhel", "centos":
			return Installer{Commands: [][]string{{"dnf", "install", "-y", "postgresql-server", "postgresql-contrib"}}}
		case "alpine":
			return Installer{Commands: [][]string{{"apk", "add", "postgresql", "postgresql-contrib"}}}
		case "arch":
			return Installer{Commands: [][]string{{"pacman", "-S", "--noconfirm", "postgresql"}}}
		case "suse", "opensuse":
			return Installer{Commands: [][]string{{"zypper", "install", "-y", "postgresql-server", "postgresql-contrib"}}}
		}
	}
	return Installer{}
}

// readOSRelease gives ID and then the words of ID_LIKE (os-release(5)), nearest kin first.
func readOSRelease(path string) (ids []string) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var like []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		value = strings.Trim(value, `"'`)
		switch key {
		case "ID":
			ids = append(ids, value)
		case "ID_LIKE":
			like = strings.Fields(value)
		}
	}
	return append(ids, like...)
}
