package store

import (
	"fmt"
	"regexp"
	"strings"
)

// proper is what a name is made of. No part of it begins with a dot: those are a store's own.
var proper = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$`)

// What every store takes: S3 ends at 1,024 bytes for a name, a folder at 255 for a part of one, of which a store needs a few.
const maxName, maxPart = 900, 200

// fits says whether a file may have this name. Names are the program's own: a bad one is its fault, not a person's.
func fits(name string) error {
	bad := len(name) > maxName || !proper.MatchString(name)
	for part := range strings.SplitSeq(name, "/") {
		bad = bad || len(part) > maxPart
	}
	if bad {
		return fmt.Errorf("store: %.80q is no name for a file", name)
	}
	return nil
}

// fitsPrefix says the same of the beginning of a name; an empty one is that of all.
func fitsPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	return fits(prefix + "x")
}
