package client

import (
	"os"
	"strings"
)

// passed on to a program: where its libraries, certificates and tickets are. All else stays here, our secrets above all.
var passed = []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "KRB5CCNAME", "KRB5_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF"}

// ofConnections are libpq's own variables that pgx reads too, and so must they.
var ofConnections = []string{
	"PGSSLMODE", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGSSLSNI", "PGSSLNEGOTIATION", "PGSSLCERTMODE", "PGCHANNELBINDING", "PGREQUIREAUTH",
	"PGTARGETSESSIONATTRS", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION",
}

// environment of a program: English words, and nothing that is not named.
func environment() []string {
	all := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range append(append([]string(nil), passed...), ofConnections...) {
		if value, set := os.LookupEnv(name); set {
			all = append(all, name+"="+value)
		}
	}
	return all
}

// passLine is the one line of a PGPASSFILE, for whatever server.
func passLine(password string) string {
	return "*:*:*:*:" + strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(password) + "\n"
}
