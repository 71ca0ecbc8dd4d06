package backup

import "time"

// Format is the number of this manifest's form. A reader refuses a later one by name.
const Format = 1

// Manifest describes one backup completely: with it and the key the backup can be restored when everything else is gone.
// It is written last, as manifest.json beside the archive: without it there is no backup.
type Manifest struct {
	Format      int
	ID          ID
	Database    string // as dbbot's file names it
	Environment string
	Client      string    // "pg_dump (PostgreSQL) 15.18"
	Snapshot    string    // the exported snapshot that dump and counts share
	Started     time.Time // UTC
	Finished    time.Time
	By          string    // a person's id in Slack, "schedule", "migration" or "terminal"
	Request     int64     // the request it was taken for; 0 from a terminal
	Asked       time.Time // when that was asked for: tells two state databases with equal numbers apart
	Why         string
	Archive     File
	Globals     *File    // roles and settings of the cluster, as pg_dumpall writes them; nil where the role may not read them
	Passwords   bool     // whether the globals hold the roles' password hashes
	Recipients  []string // age public keys it is encrypted to; empty: not encrypted
	Contents    Inventory
	Frame
	Migration *Migrated // nil where no migration tool is configured
}

// Frame is what stands around a database's contents: no dump carries it, and a restore needs it (inventory.ReadFrame).
type Frame struct {
	Server       Server
	LSN          string
	Roles        []string            // that own or are granted something in it, and must be there before a restore
	Owners       []string            // those of Roles that something in it belongs to, which a restore gives back to them
	Owner        string              // of the database itself
	Access       []string            // its privileges, as PostgreSQL writes them: "app=c/owner"; nil: those it is born with
	Connections  int                 // its limit; -1: none
	Settings     []string            // ALTER DATABASE … SET: "search_path=shop", in order
	RoleSettings map[string][]string `json:",omitempty"` // ALTER ROLE … IN DATABASE … SET, by role
}

// File is one object of a backup in its store.
type File struct {
	Name   string // within the backup's folder: "archive.dump.zst.age"
	Size   int64  // bytes as stored
	SHA256 string // hex, of the bytes as stored
	Raw    int64  // bytes that pg_dump gave, before our compression and encryption
	Format string // custom, directory (as a tar) or sql
	Zstd   bool   // compressed outside of pg_dump: a zstd layer must be taken off
	Age    bool   // encrypted: an age layer must be taken off first
}

// Server is where a backup comes from.
type Server struct {
	System    string // system identifier
	Catalog   string // the database's own name there
	Version   string // "15.18"
	Major     int
	Encoding  string
	Collation string
	Ctype     string
	Provider  string // of collations: libc, icu or builtin
	Locale    string // of icu or builtin
	Bytes     int64  // pg_database_size
}

// Migrated is where the migrations stood in the snapshot.
type Migrated struct {
	Tool    string
	Version string // the version, or the last name
	Dirty   bool
}

// Inventory is what a database holds, counted in one snapshot, and compared after a restore (ops/backup/inventory).
type Inventory struct {
	Tables       []Table    `json:",omitempty"`
	Sequences    []Sequence `json:",omitempty"`
	Extensions   []Extension
	Objects      map[string]int    // how many of each other kind: view, index, constraint, trigger, function, policy, type …
	Digests      map[string]string // of the definitions of each kind, order-free, hex; names what differs in kind
	LargeObjects int64
}

// Table is one table and what is in it.
type Table struct {
	Schema, Name string
	Rows         int64  // counted
	Bytes        int64  // pg_table_size, at the source
	Hash         string `json:",omitempty"` // order-free, of all rows; where asked for
}

// Sequence is one sequence and where it stands.
type Sequence struct {
	Schema, Name string
	Last         int64
	Called       bool
	Increment    int64
}

// Extension is one extension that must be there before a restore.
type Extension struct{ Name, Version, Schema string }
