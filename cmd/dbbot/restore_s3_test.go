package main

import (
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops/backup/store/storetest"
)

// The same day with a store in S3, whose credentials are in the environment.
func TestTheBadDayInS3(t *testing.T) {
	g := storetest.StartGateway(t)
	_, url := g.Bucket(t)
	d := newBadDay(t)
	d.store = url
	out, _ := d.does(0, "backup", "now", "--store", d.store, "-d", "orders", "--encrypt-to", d.recipient)
	d.says(out, "is taken: 1 table", "has the bytes that were written", "in s3://backups-1/of/shop")
	out, _ = d.does(0, "backup", "show", "--store", d.store)
	d.says(out, "s3://backups-1/of/shop/orders/orders-20", "?endpoint=http://"+g.Host)
	out, _ = d.does(0, "restore", "latest", "into", d.live+"_s3", "--store", d.store, "-i", d.key)
	d.says(out, d.live+"_s3 stands")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2-but-another")
	_, errs := d.does(1, "backup", "list", "--store", d.store)
	d.says(errs, "does not accept the secret key")
	if strings.Contains(errs, "hunter2") {
		t.Errorf("a secret is told: %s", errs)
	}
}

// A store that can only be read still gives its backups back: what cannot be written beside them is said.
func TestAStoreThatCanOnlyBeRead(t *testing.T) {
	g := storetest.StartGateway(t)
	name, url := g.Bucket(t)
	d := newBadDay(t)
	d.store = url
	d.does(0, "backup", "now", "--store", d.store, "-d", "orders")
	g.User(t, "reader", "hunter2-reader")
	if err := g.Root.SetBucketPolicy(t.Context(), name, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": ["reader"]}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::`+name+`"},
		{"Effect": "Allow", "Principal": {"AWS": ["reader"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::`+name+`/*"}]}`); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "reader")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2-reader")
	out, errs := d.does(0, "verify", "--store", d.store, "--how", "read")
	d.says(out, "was read to its end")
	d.says(errs, "nobody is told that it is being read", "could not be written beside the backup")
	out, _ = d.does(0, "restore", "latest", "into", d.live+"_read", "--store", d.store)
	d.says(out, d.live+"_read stands")
	_, errs = d.does(1, "backup", "now", "--store", d.store, "-d", "orders")
	d.says(errs, "s3:PutObject")
}

// With a configuration file, nothing else has to be said.
func TestBackupsOfTheFile(t *testing.T) {
	d := newBadDay(t)
	config := filepath.Join(t.TempDir(), "dbbot.yml")
	write(t, config, `databases:
  - {name: orders, environment: staging, url: "`+d.url+`", backup: {store: "`+d.store+`", encrypt_to: [`+d.recipient+`], identity: "${KEY}"}}
  - {name: users, environment: staging, url: "`+d.url+`"}
`)
	d.vars = map[string]string{"KEY_FILE": d.key}
	out, _ := d.does(0, "backup", "now", "-c", config, "--json")
	d.says(out, `"Environment":"staging"`, `"How":"read"`)
	d.does(0, "verify", "-c", config)
	out, _ = d.does(0, "backup", "list", "-c", config, "-d", "orders")
	d.says(out, "by restoring it")
	_, errs := d.does(2, "backup", "list", "-c", config, "-d", "users")
	d.says(errs, "Which database is meant?", "one of: orders")
}
