package main

import (
	"time"

	"dbbot/ops"
	"dbbot/ops/audit"
)

// maxBetween bounds the time between two checkpoints: what was cut off since the last one cannot be proven.
const maxBetween = 24 * time.Hour

func (c *checker) audit() {
	a := c.config.Audit
	if _, err := audit.NewKey(a.Key); a.Key != "" && err != nil {
		c.add("audit.key", "is too weak to sign anything", "Make one with `openssl rand -hex 32`, and keep it out of the database.")
	}
	if a.Every < time.Second || a.Every > maxBetween {
		c.add("audit.every", "is not a time between checkpoints", "Write something from 1s to 24h; 1h is right unless there is a reason.")
	}
	c.channel("audit.channel", a.Channel)
}

// stateURL is where dbbot keeps its own tables: where the file says, else in the first database, as the role that owns
// its tables.
func (c Config) stateURL() ops.Secret {
	switch {
	case c.State.URL != "":
		return c.State.URL
	case len(c.Databases) == 0:
		return ""
	case c.Databases[0].MigrateURL != "":
		return c.Databases[0].MigrateURL
	}
	return c.Databases[0].URL
}

// unset says what is missing before anything can be changed; empty where nothing is. Questions are answered without it.
func (c Config) unset() *ops.Error {
	switch {
	case !c.policy().Changes():
		return &ops.Error{
			Message: "dbbot may not change anything here: its policy allows it to nobody.",
			Hint:    "Whoever runs dbbot writes under policy who may ask for what, and who must agree; “dbbot example” shows how.",
		}
	case c.Audit.Key == "":
		return &ops.Error{
			Message: "dbbot cannot change anything yet: it has no key to sign its record of who did what.",
			Hint:    "Whoever runs dbbot sets audit.key, or DBBOT_AUDIT_KEY, to what “openssl rand -hex 32” prints.",
		}
	}
	return nil
}
