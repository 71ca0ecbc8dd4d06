package ops

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Each text holds hunter2 where a secret stands, once or more, and keep where something must stay to be read.
func TestRedact(t *testing.T) {
	tests := []struct{ name, text, keep string }{
		{"a URL", `dial postgres://app:hunter2@db.example:5432/shop: refused`, "@db.example:5432/shop: refused"},
		{"a URL without a user", `redis://:hunter2@cache:6379/0`, "@cache:6379/0"},
		{"an @ in the password", `postgres://app:hunter2@hunter2@db/shop`, "@db/shop"},
		{"a slash in the password", `postgres://app:hunter2/hunter2@db/shop`, "@db/shop"},
		{"blanks in the password", `parse "postgres://app:hunter2 hunter2@db/shop": invalid`, "@db/shop"},
		{"a quote in the password", `postgres://app:hunter2"hunter2'@db/shop`, "@db/shop"},
		{"a user with a slash", `mysql://a/b:hunter2@db`, "@db"},
		{"no port", `redis://user:hunter2@host:63a79/0`, "host:63a79"},
		{"two URLs", `https://a:hunter2@x and https://b:hunter2@y`, "@x and https://b:"},
		{"a DSN", `host=db password=hunter2 user=app`, "user=app"},
		{"blanks round the sign", `host=db password = hunter2 user=app`, "user=app"},
		{"quotes", `host=db password='hunter2 \' hunter2' user=app`, "user=app"},
		{"quotes and blanks", `password = 'hunter2 hunter2' user=app`, "user=app"},
		{"an open quote", `password='hunter2 hunter2`, "password="},
		{"punctuation in it", `password=hunter2,hunter2;hunter2&hunter2"hunter2 user=app`, "user=app"},
		{"a query", `?user=app&password=hunter2`, "user=app"},
		{"the environment", `PGPASSWORD=hunter2 DB_PASSWORD=hunter2 SLACK_BOT_TOKEN=hunter2 host=db`, "host=db"},
		{"JSON", `{"user":"app","password":"hunter2 \"hunter2","host":"db"}`, `"host":"db"`},
		{"JSON in JSON", `{"body":"{\"client_secret\": \"hunter2 hunter2\", \"host\": 1}"}`, `host`},
		{"a Go struct", `{User:app Password:hunter2 Host:db}`, "Host:db"},
		{"YAML", "password: hunter2\nhost: db", "host: db"},
		{"SQL", `ALTER ROLE app PASSWORD 'hunter2''hunter2' VALID UNTIL 'x'`, "VALID"},
		{"SQL with escapes", `CREATE ROLE app ENCRYPTED PASSWORD E'hunter2\'hunter2' LOGIN`, "LOGIN"},
		{"SQL with dollars", `ALTER ROLE app PASSWORD $x$hunter2$x$`, "ALTER ROLE app"},
		{"SQL that was cut", `ALTER ROLE app PASSWORD 'hunter2 hunt`, "ALTER ROLE app"},
		{"a header", "Authorization: Basic hunter2\nAccept: x", "Accept: x"},
		{"a bearer", `curl -H 'X: Bearer hunter2' host`, "host"},
		{"Slack's tokens", `xoxb-1-hunter2 xapp-1-hunter2 xoxe.xoxp-1-hunter2 _xoxb-hunter2 end`, "end"},
		{"a ticket", `wss://wss-primary.slack.com/link/?ticket=hunter2 end`, "end"},
		{"a hook", `post https://hooks.slack.com/commands/T1/2/hunter2 end`, "end"},
		{"a response URL", `http://127.0.0.1:9/response/T1/hunter2 end`, "end"},
		{"a private key", "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY----- end", " end"},
		{"a key that was cut", "-----BEGIN PRIVATE KEY-----\nhunter2", "BEGIN"},
		{"a row", `Key (email)=(hunter2) already exists.`, "already exists."},
		{"a row with brackets", "Key (email)=(a)hunter2\nhunter2) already exists.", "already exists."},
		{"an expression", `Key (lower(email))=(hunter2) conflicts with existing key (lower(email))=(hunter2).`, "Key (lower(email))"},
		{"a failing row", "Failing row contains (1, hunter2\nhunter2).", "Failing row contains"},
		{"a value", "invalid input syntax for type integer: \"hunter2\nhunter2\"", "type integer"},
	}
	for _, tt := range tests {
		got := Redact(tt.text)
		if strings.Contains(got, "hunt") || !strings.Contains(got, tt.keep) {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}

// What has no secret in it stays as it is, or nobody could mend anything by the log.
func TestRedactLeavesTheRest(t *testing.T) {
	for _, text := range []string{
		"dial tcp 127.0.0.1:5432: connect: connection refused",
		"postgres://app@db.example:5432/shop?sslmode=require",
		"http://127.0.0.1:9180/readyz answered 503; mail ana@shop.example",
		`password authentication failed for user "app"`,
		"Key features of version 17",
		"SELECT token FROM session WHERE id = $1",
	} {
		if got := Redact(text); got != text {
			t.Errorf("%s\nbecame %s", text, got)
		}
	}
}

// However a password looks and wherever it stands, no word of it is left.
func TestRedactFindsEveryPassword(t *testing.T) {
	odd := rapid.StringOfN(rapid.RuneFrom([]rune(`/@:?#[]!$&()*+,;=%"'\<>{}|^~-_.€`)), 0, 4, -1)
	rapid.Check(t, func(rt *rapid.T) {
		password := odd.Draw(rt, "before") + "hunter" + odd.Draw(rt, "between") + "hunter" + odd.Draw(rt, "after")
		quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password)
		inJSON, _ := json.Marshal(map[string]string{"db_password": password, "host": "db"})
		spaced := strings.Replace(password, "hunter", "hunter ", 1)
		for _, text := range []string{
			"dial postgres://app:" + password + "@db:5432/shop failed",
			"parse postgres://app:" + spaced + "@db:5432/shop failed",
			"host=db password='" + quoted + "' user=app",
			"host=db password = '" + strings.Replace(quoted, "hunter", "hunter ", 1) + "' user=app",
			"ALTER ROLE app PASSWORD '" + strings.ReplaceAll(strings.ReplaceAll(password, `\`, ""), "'", "''") + "'",
			string(inJSON),
		} {
			if got := Redact(text); strings.Contains(got, "hunter") {
				rt.Fatalf("%s\nbecame %s", text, got)
			}
		}
	})
}

func TestPrintable(t *testing.T) {
	tests := []struct {
		name, text string
		max        int
		want       string
	}{
		{"ordinary", "Größe 数 €", 20, "Größe 数 €"},
		{"cut", "abcdef", 3, "abc…"},
		{"just fits", "abc", 3, "abc"},
		{"no room", "abc", 0, "…"},
		{"less than no room", "abc", -1, "…"},
		{"lines and tabs", "a\nb\tc\x00", 20, `a\u000ab\u0009c\u0000`},
		{"turned round", "a\u202eb", 20, `a\u202eb`},
		{"nothing wide", "a\u200bb\u00adc\ufeffd", 20, `a\u200bb\u00adc\ufeffd`},
		{"fillers", "\u3164\u115f\uffa0\u034f\u2800", 20, `\u3164\u115f\uffa0\u034f\u2800`},
		{"a tag is told from four digits and more", "\U000e0041", 20, `\U000e0041`},
		{"half a character", "a\xffb", 20, `a\ufffdb`},
		{"a name with a heart", "Ana ❤\ufe0f", 20, "Ana ❤\ufe0f"},
	}
	for _, tt := range tests {
		if got := Printable(tt.text, tt.max); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Whatever comes in, what goes out is one line of characters that show something, no longer than promised.
func TestPrintableShowsEverything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text, most := rapid.String().Draw(rt, "text"), rapid.IntRange(0, 50).Draw(rt, "max")
		got := Printable(text, most)
		for _, r := range got {
			if unicode.Is(unicode.C, r) || unicode.In(r, unicode.Zl, unicode.Zp) {
				rt.Fatalf("%q holds %U", got, r)
			}
		}
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 10*most+1 {
			rt.Fatalf("%q", got)
		}
	})
}

func TestASecretDoesNotPrint(t *testing.T) {
	s := Secret("hunter2")
	asJSON, err := json.Marshal(map[string]any{"one": s, "in": struct{ URL Secret }{s}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprintf("%s %v %+v %#v %q %x %d", s, s, s, s, s, s, s), fmt.Sprintf("%+v", struct{ URL Secret }{s}),
		string(asJSON), s.LogValue().String(),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e") || !strings.Contains(text, "***") {
			t.Errorf("printed as %s", text)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Errorf("reveals %s", s.Reveal())
	}
}
