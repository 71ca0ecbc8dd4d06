package backup

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"time"
)

// What lies in a backup's folder beside its archive.
const (
	ManifestFile = "manifest.json" // written last, removed first: a backup is there while it is
	VerifiedFile = "verified.json"
	KeptFile     = "kept.json"
)

// id is what an ID looks like: the database as dbbot's file names it, the moment in UTC, four random digits.
var id = regexp.MustCompile(`^([a-z0-9][a-z0-9_.-]*)-(\d{8}-\d{6})-[0-9a-f]{4}$`)

// moment is how an ID says when.
const moment = "20060102-150405"

// NewID names a backup of a database that begins at a moment.
func NewID(database string, at time.Time) ID {
	var b [2]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24)
	return ID(database + "-" + at.UTC().Format(moment) + "-" + hex.EncodeToString(b[:]))
}

// Database is whose backup it is; empty where this is the name of none.
func (i ID) Database() string {
	if parts := id.FindStringSubmatch(string(i)); parts != nil {
		return parts[1]
	}
	return ""
}

// Folder is where it lies in its store, without a slash at the end.
func (i ID) Folder() string { return i.Database() + "/" + string(i) }

// Path is where one of its files lies in its store.
func (i ID) Path(file string) string { return i.Folder() + "/" + file }
