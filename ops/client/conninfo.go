package client

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
)

// keywords of libpq that every supported version knows, taken from a URL as they are. Host, port, user and database
// come from what pgx understood.
var keywords = []string{
	"sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslsni", "ssl_min_protocol_version", "channel_binding",
	"target_session_attrs", "connect_timeout", "krbsrvname", "gssencmode",
}

// newer ones go by the environment: a libpq that does not know the variable does without, and one that does not know the
// keyword would refuse to start.
var newer = map[string]string{
	"require_auth": "PGREQUIREAUTH", "sslnegotiation": "PGSSLNEGOTIATION", "sslcertmode": "PGSSLCERTMODE",
	"min_protocol_version": "PGMINPROTOCOLVERSION", "max_protocol_version": "PGMAXPROTOCOLVERSION",
}

// ofOthers are parameters that Prisma and pools put into URLs. No server knows them.
var ofOthers = map[string]bool{
	"schema": true, "pgbouncer": true, "connection_limit": true, "pool_timeout": true, "application_name": true, "client_encoding": true, "options": true,
}

// connection is how libpq gets to a database.
type connection struct {
	info     string   // the quoted conninfo, without the password
	password string   // for PGPASSFILE; may be empty
	env      []string // what conninfo cannot say to every version
}

// connection makes libpq's words of a URL (or keywords and values) that pgx understands, so that the programs get to
// where our own sessions are.
func (c Call) connection() (connection, error) {
	config, err := pgconn.ParseConfig(c.URL.Reveal())
	given, understood := parameters(c.URL.Reveal())
	if err != nil || !understood { // neither the URL nor pgx's words are shown: both may hold the password
		return connection{}, &ops.Error{Message: "The connection cannot be understood.", Hint: "Write it as postgres://user:password@host:5432/database."}
	}
	switch {
	case given["sslpassword"] != "":
		return connection{}, &ops.Error{
			Message: "The key of the connection's certificate has a passphrase, which PostgreSQL's client programs cannot be given unseen.",
			Hint:    "Use a key without a passphrase in a file that dbbot alone can read.",
		}
	case strings.ContainsAny(config.Password, "\r\n\x00"):
		return connection{}, &ops.Error{Message: "The connection's password holds a line break, which PostgreSQL's client programs cannot be given."}
	}
	to := connection{password: config.Password}
	host, port := places(config, given)
	add := func(keyword, value string) {
		if value != "" {
			to.info += " " + keyword + "=" + quoted(value)
		}
	}
	if c.At.Host != "" {
		host, port = c.At.Host, strconv.Itoa(int(c.At.Port))
		add("hostaddr", c.At.Address)
	}
	add("host", host)
	add("port", port)
	add("user", config.User)
	add("dbname", firstOf(c.Database, config.Database))
	for _, keyword := range keywords {
		add(keyword, given[keyword])
	}
	for keyword, variable := range newer {
		if given[keyword] != "" {
			to.env = append(to.env, variable+"="+given[keyword])
		}
	}
	add("application_name", c.Application)
	add("options", c.options(config))
	to.info = strings.TrimPrefix(to.info, " ")
	return to, nil
}

// options are the settings of the session: those of the URL, then the call's own.
func (c Call) options(config *pgconn.Config) string {
	var all []string
	if own := config.RuntimeParams["options"]; own != "" {
		all = append(all, own)
	}
	for name, value := range config.RuntimeParams {
		if !ofOthers[name] {
			all = append(all, "-c "+escaped(name+"="+value))
		}
	}
	return strings.Join(append(all, c.Options...), " ")
}

// Setting makes one of Options: "-c lock_timeout=1000".
func Setting(name, value string) string { return "-c " + escaped(name+"="+value) }

// escaped keeps a blank inside of one option.
func escaped(option string) string {
	return strings.NewReplacer(`\`, `\\`, " ", `\ `, "\t", "\\\t", "\n", "\\\n").Replace(option)
}

// quoted makes a value of conninfo from anything: a database may be called "-x", or "host=elsewhere".
func quoted(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}

// places gives hosts and ports: several as they are written, else what pgx made of URL, environment and defaults.
func places(config *pgconn.Config, given map[string]string) (hosts, ports string) {
	if strings.Contains(given["host"], ",") { // a host's name needs no percent signs
		return given["host"], given["port"]
	}
	return config.Host, strconv.Itoa(int(config.Port))
}

// parameters reads what a URL or a line of keywords gives, as pgx and libpq do; pgx does not tell it afterwards.
func parameters(text string) (map[string]string, bool) {
	_, rest, isURL := strings.Cut(text, "://")
	if !isURL || !strings.HasPrefix(text, "postgres") {
		return pairs(text)
	}
	if at := strings.IndexAny(rest, "@/"); at >= 0 && rest[at] == '@' {
		rest = rest[at+1:]
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	all := map[string]string{}
	servers(all, rest[:end])
	_, query, _ := strings.Cut(rest[end:], "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		value, err := url.PathUnescape(value) // a plus is a plus
		if err != nil {
			return nil, false
		}
		all[name] = value
	}
	if all["ssl"] == "true" && all["sslmode"] == "" {
		all["sslmode"] = "require"
	}
	return all, true
}

// servers reads "one:5433,[::1],two".
func servers(all map[string]string, list string) {
	var hosts, ports []string
	for one := range strings.SplitSeq(list, ",") {
		host, port, err := net.SplitHostPort(one)
		if err != nil {
			host, port = strings.Trim(one, "[]"), "5432"
		}
		hosts, ports = append(hosts, host), append(ports, port)
	}
	all["host"], all["port"] = strings.Join(hosts, ","), strings.Join(ports, ",")
}

// pairs reads "host=a password='b c'", as libpq does.
func pairs(text string) (map[string]string, bool) {
	all := map[string]string{}
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		name, after, found := strings.Cut(rest, "=")
		if !found {
			return nil, false
		}
		value, left, ok := pairValue(strings.TrimLeft(after, " \t\r\n"))
		if !ok {
			return nil, false
		}
		all[strings.TrimSpace(name)], rest = value, left
	}
	return all, true
}

func pairValue(text string) (value, rest string, ok bool) {
	inQuotes := strings.HasPrefix(text, "'")
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case i == 0 && inQuotes:
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case inQuotes && c == '\'', !inQuotes && strings.IndexByte(" \t\r\n", c) >= 0:
			return b.String(), text[i+1:], true
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", !inQuotes
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Database makes a name of a database safe where a program takes a name or a conninfo, such as pg_dumpall's --database.
func Database(name string) string { return "dbname=" + quoted(name) }
