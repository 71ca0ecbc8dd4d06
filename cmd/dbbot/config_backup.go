package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on a machine that has none of its own

	"filippo.io/age"
)

// ageKey keeps everything else out, a secret key above all. Whether it is a whole key is for age to say, which reads it
// when a backup is planned.
var ageKey = regexp.MustCompile(`^age1\S+$`)

const (
	// maxParallel bounds pg_dump's jobs: each takes a connection of its own.
	maxParallel = 64
	// fiveFields is what to do about a schedule that cannot be read.
	fiveFields = `Write five fields: minute, hour, day, month, weekday: "0 3 * * *" is 3 o'clock each day.`
)

func (c *checker) backup(path string, b Backup) {
	c.required(path+".store", b.Store, "Write file:///a/folder, s3://bucket/path, gs://bucket/path or azblob://container/path.")
	c.storeAddress(path+".store", b.Store)
	c.schedule(path+".schedule", b.Schedule)
	c.schedule(path+".digest", b.Digest)
	if _, err := time.LoadLocation(b.Zone); err != nil {
		c.add(path+".zone", "is not a time zone", "Write a name such as Europe/Berlin or America/New_York, or leave it out for UTC.")
	}
	c.keep(path+".keep", b.Keep)
	for i, key := range b.EncryptTo {
		c.wants(fmt.Sprintf("%s.encrypt_to[%d]", path, i), key, ageKey, "is not a public age key", "Write the key that begins with age1: `age-keygen -y` prints it.")
	}
	if _, err := age.ParseIdentities(strings.NewReader(b.Identity.Reveal())); b.Identity != "" && err != nil {
		c.add(path+".identity", "is not an age identity", "Write ${NAME}, and set NAME to what `age-keygen` prints, or NAME_FILE to the file that it wrote.")
	}
	if b.Verify != "" {
		c.oneOf(path+".verify", b.Verify, "each", "daily", "weekly", "never")
	}
	if b.Notify != "" {
		c.oneOf(path+".notify", b.Notify, "all", "failures")
	}
	if b.Limit < 0 {
		c.add(path+".limit", "is less than nothing", "Write how old the newest verified backup may be, such as 26h.")
	}
	if b.Parallel < 0 || b.Parallel > maxParallel {
		c.add(path+".parallel", "is not a number of jobs", fmt.Sprintf("Write a number from 1 to %d, or leave it out for one archive in one file.", maxParallel))
	}
	if b.PgBackRest != nil {
		c.required(path+".pgbackrest.stanza", b.PgBackRest.Stanza, "Write the stanza as `pgbackrest info` names it.")
	}
}

// storeAddress: the way to a store holds no secret, since it is shown to people.
func (c *checker) storeAddress(path, store string) {
	if store == "" {
		return
	}
	c.address(path, store, "file", "s3", "gs", "azblob")
	if u, err := url.Parse(store); err == nil && u.User != nil {
		c.add(path, "holds a user or a password", "Leave it out: the store's own variables hold it, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
	}
}

func (c *checker) schedule(path, expression string) {
	if expression == "" {
		return
	}
	if problem := scheduleFault(expression); problem != "" {
		c.add(path, problem, fiveFields)
	}
}

func (c *checker) keep(path string, k Keep) {
	for name, n := range map[string]int{"last": k.Last, "daily": k.Daily, "weekly": k.Weekly, "monthly": k.Monthly, "yearly": k.Yearly} {
		if n < 0 {
			c.add(path+"."+name, "is less than nothing", "Write how many to keep, or 0.")
		}
	}
}
