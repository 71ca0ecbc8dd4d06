package client

import (
	"slices"
	"strings"
	"testing"

	"dbbot/ops"
)

func TestConnections(t *testing.T) {
	for name, test := range map[string]struct {
		call     Call
		info     string
		password string
		env      []string
	}{
		"a URL": {
			Call{URL: "postgres://app:hunter2@db:5433/shop?sslmode=disable"},
			"host='db' port='5433' user='app' dbname='shop' sslmode='disable'", "hunter2", nil,
		},
		"words": {
			Call{URL: `host=db user=app password='hun\'ter 2' dbname = 'my shop' sslmode=disable`},
			"host='db' port='5432' user='app' dbname='my shop' sslmode='disable'", "hun'ter 2", nil,
		},
		"a hostile name": {
			Call{URL: "postgres://app@db/postgres?sslmode=disable", Database: `-x' host=evil\ `},
			`host='db' port='5432' user='app' dbname='-x\' host=evil\\ ' sslmode='disable'`, "", nil,
		},
		"a name in the URL": {
			Call{URL: "postgres://app@db/host%3Devil%20port%3D1?sslmode=disable"},
			`host='db' port='5432' user='app' dbname='host=evil port=1' sslmode='disable'`, "", nil,
		},
		"several hosts": {
			Call{URL: "postgres://app@one:1,two,[::1]:3/shop?sslmode=disable&target_session_attrs=read-write"},
			`host='one,two,::1' port='1,5432,3' user='app' dbname='shop' sslmode='disable' target_session_attrs='read-write'`, "", nil,
		},
		"one of several": {
			Call{URL: "postgres://app@one:1,two/shop?sslmode=disable", At: Place{"two", "192.0.2.7", 5432}},
			`hostaddr='192.0.2.7' host='two' port='5432' user='app' dbname='shop' sslmode='disable'`, "", nil,
		},
		"a socket": {
			Call{URL: "postgres:///shop?host=/run/pg&user=app&sslmode=disable"},
			`host='/run/pg' port='5432' user='app' dbname='shop' sslmode='disable'`, "", nil,
		},
		"settings": {
			Call{
				URL: "postgres://app@db/shop?sslmode=disable&role=the%20owner&schema=x&pgbouncer=true&application_name=other&options=-c%20work_mem%3D1MB", Application: "dbbot backup 1",
				Options: []string{Setting("lock_timeout", "1 s")},
			},
			`host='db' port='5432' user='app' dbname='shop' sslmode='disable' application_name='dbbot backup 1' options='-c work_mem=1MB -c role=the\\ owner -c lock_timeout=1\\ s'`, "", nil,
		},
		"what an old libpq does not know": {
			Call{URL: "postgres://app@db/shop?sslmode=disable&require_auth=scram-sha-256"},
			`host='db' port='5432' user='app' dbname='shop' sslmode='disable'`, "",
			[]string{"PGREQUIREAUTH=scram-sha-256"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.call.connection()
			if err != nil || got.info != test.info || got.password != test.password || !slices.Equal(got.env, test.env) {
				t.Errorf("got\n%s\nwant\n%s\n%q %q, %v", got.info, test.info, got.password, got.env, err)
			}
		})
	}
}

func TestConnectionsThatCannotBe(t *testing.T) {
	for name, url := range map[string]ops.Secret{
		"no URL":       "http://app:hunter2@db/shop",
		"open quote":   "host=db password='hunter2",
		"half a word":  "host=db hunter2",
		"a passphrase": "postgres://app@db/shop?sslmode=disable&sslpassword=hunter2",
		"two lines":    "postgres://app:hun%0Ater2@db/shop?sslmode=disable",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Call{URL: url}.connection()
			if err == nil || strings.Contains(err.Error(), "hun") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAPasswordsLine(t *testing.T) {
	if got := passLine(`a:b\c'd`); got != `*:*:*:*:a\:b\\c'd`+"\n" {
		t.Error(got)
	}
}
