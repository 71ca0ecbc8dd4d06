package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints the build.
func (versionCommand) Run(p *process) error {
	_, err := fmt.Fprintln(p.out, "dbbot", version(), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return err
}

// version is the module's version where it was installed with one, else the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	const short = 12 // characters: what git shows of a commit in a log
	commit := revision[:min(short, len(revision))]
	if settings["vcs.modified"] == "true" {
		commit += " with changes"
	}
	return cmp.Or(named(info.Main.Version), commit, "(development)")
}

// named is a version that says something: go build writes (devel) where there is none.
func named(v string) string {
	if v == "(devel)" {
		return ""
	}
	return v
}
