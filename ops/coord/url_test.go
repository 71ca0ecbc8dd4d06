package coord

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"dbbot/ops"
)

func TestRedisURLs(t *testing.T) {
	for text, want := range map[string]Address{
		"redis://cache":                                     {Hosts: []string{"cache:6379"}},
		"redis://:pw@cache:7000/3":                          {Hosts: []string{"cache:7000"}, Password: true},
		"rediss://app:pw@cache":                             {Hosts: []string{"cache:6379"}, Encrypted: true, Password: true},
		"unix:///run/redis.sock":                            {Hosts: []string{"/run/redis.sock"}, Local: true},
		"redis://s1:26379/2?master_name=shop":               {Hosts: []string{"s1:26379"}, Sentinel: true},
		"rediss://s1:1?addr=s2:2&master_name=m&password=pw": {Hosts: []string{"s1:1", "s2:2"}, Sentinel: true, Encrypted: true, Password: true},
		"redis://:sentinels@s1:26379?master_name=shop":      {Hosts: []string{"s1:26379"}, Sentinel: true},
		"redis://a:pw@n1:1?addr=n2:2&addr=n3:3":             {Hosts: []string{"n1:1", "n2:2", "n3:3"}, Cluster: true, Password: true},
		"rediss://n1:1/0?cluster=true":                      {Hosts: []string{"n1:1"}, Cluster: true, Encrypted: true},
		"redis://n1:1?cluster=false":                        {Hosts: []string{"n1:1"}},
	} {
		if got, err := Read(ops.Secret(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestRedisURLsThatAreRefused(t *testing.T) {
	for text, says := range map[string]string{
		"redis://user:hunter2@host:63a79/0":               "cannot be read",
		"http://cache":                                    "cannot be read",
		"redis://cache/many":                              "cannot be read",
		"redis://cache?master_nam=shop":                   "cannot be read",
		"redis://s1?master_name=shop&cluster=true":        "cannot be read",
		"redis://n1?addr=n2":                              "cannot be read",
		"redis://n1/3?addr=n2:2":                          "cannot be read",
		"redis://n1?cluster=true&hunter2=1":               "cannot be read",
		"rediss://:hunter2@cache?skip_verify=true":        "not to verify",
		"rediss://s1?skip_verify=1&master_name=shop":      "not to verify",
		"rediss://n1?skip_verify=true&cluster=true":       "not to verify",
		"redis://s1?master_name=shop&sentinel_password=x": "cannot be read",
	} {
		_, err := Open(ops.Secret(text), "", quiet)
		marked, ok := errors.AsType[*ops.Error](err)
		if !ok || !strings.Contains(marked.Message, says) || marked.Hint == "" || strings.Contains(marked.Message+marked.Hint, "hunter2") || marked.Cause != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Whatever the URL asks for, the bounds are ours.
func TestBoundsAreOurs(t *testing.T) {
	for _, text := range []string{
		"redis://cache?dial_timeout=30s&max_retries=9&pool_size=900", "redis://s1?master_name=m&read_timeout=1m&pool_size=900",
		"redis://n1?cluster=true&pool_timeout=1m&max_redirects=90",
	} {
		o, err := options(ops.Secret(text))
		if err != nil {
			t.Fatal(text, err)
		}
		bounded(o)
		if o.DialTimeout != patience || o.ReadTimeout != patience || o.PoolTimeout != patience || o.MaxRetries != -1 || o.PoolSize != connections || o.MaxRedirects != 0 || !o.ContextTimeoutEnabled {
			t.Errorf("%s: %+v", text, o)
		}
	}
}

// Which name a certificate must have: the URL's, also for all nodes of a cluster; of servers that Sentinels name, their own.
func TestWhoseCertificate(t *testing.T) {
	for text, want := range map[string]string{
		"rediss://cache": "cache", "rediss://n1?addr=n2:2": "n1", "rediss://s1?master_name=shop": "",
	} {
		o, err := options(ops.Secret(text))
		if err != nil || o.TLSConfig.ServerName != want || o.TLSConfig.InsecureSkipVerify {
			t.Errorf("%s: %q, %v", text, o.TLSConfig.ServerName, err)
		}
	}
}
