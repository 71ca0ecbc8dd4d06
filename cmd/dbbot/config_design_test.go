package main

import (
	"testing"
	"time"

	"dbbot/ops"
)

// designed is a configuration file as the design of dbbot shows it, word for word: whoever writes one like it must not
// be refused.
const designed = `slack:                        # SLACK_BOT_TOKEN and SLACK_APP_TOKEN come from the environment
  team: T0123456              # anything from another workspace is refused
  channel: C0DBOPS            # for notices that have no better place
  sockets: 2                  # overlapping connections, so that a recycled one loses nothing
groups:
  engineers: {usergroups: [S0ENGINEER], users: [U0ENGINEER]}
  leads:     {users: [U0LEADONE, U0LEADTWO]}
policy:                       # first entry that names the environment applies; what is not allowed is refused
  - environments: [production]
    read:    {allow: [everyone]}
    operate: {allow: [engineers]}
    change:  {allow: [engineers], approve: {by: [leads], count: 1, within: 30m}}
    destroy: {allow: [leads],     approve: {by: [leads], count: 2, within: 15m}}
  - environments: ["*"]
    read:    {allow: [everyone]}
    operate: {allow: [engineers]}
    change:  {allow: [engineers]}
    destroy: {allow: [engineers], approve: {by: [engineers, leads], count: 1}}
databases:
  - name: orders
    environment: production
    url: ${DATABASE_URL}                 # reading; a role with pg_monitor is enough
    migrate_url: ${ORDERS_MIGRATE_URL}   # optional: owner role, direct, not through a pooler
    backup_url: ${ORDERS_BACKUP_URL}     # optional
    channel: C0ORDERS
    migrations: {tool: golang-migrate, dir: ./migrations}     # or: {tool: prisma, dir: ./prisma/migrations}
    backup:
      store: file:///var/backups/orders                       # or s3://…, gs://…, azblob://…
      schedule: "0 3 * * *"
      keep: {last: 3, daily: 7, weekly: 4, monthly: 6}
      encrypt_to: [age1…]
      verify: each                                            # restore into a scratch database: each, daily, weekly, never
    health: [https://shop.example.com/api/health]
state: {url: ${DBBOT_STATE_URL}}         # default: schema "dbbot" of the first database
redis: {url: ${REDIS_URL}}               # default: in this process
http:  {listen: 127.0.0.1:9180}          # /healthz /readyz /metrics
`

func TestTheFileOfTheDesignLoads(t *testing.T) {
	vars := with(complete, "ORDERS_BACKUP_URL", complete["ORDERS_MIGRATE_URL"], "DBBOT_STATE_URL", complete["ORDERS_MIGRATE_URL"])
	c, err := load(file(t, designed), environ(vars), need{slack: true})
	if err != nil {
		t.Fatal(err)
	}
	orders := c.Databases[0]
	if c.Slack.Team != "T0123456" || c.Slack.Sockets != 2 || c.HTTP.Listen != "127.0.0.1:9180" {
		t.Errorf("got %+v %+v", c.Slack, c.HTTP)
	}
	if orders.Migrations.Tool != "golang-migrate" || orders.Backup.Keep != (Keep{Last: 3, Daily: 7, Weekly: 4, Monthly: 6}) || orders.Backup.Verify != "each" {
		t.Errorf("got %+v %+v", orders.Migrations, orders.Backup)
	}
	if orders.BackupURL.Reveal() != vars["ORDERS_BACKUP_URL"] || c.State.URL.Reveal() != vars["DBBOT_STATE_URL"] || c.Redis.URL.Reveal() != vars["REDIS_URL"] {
		t.Errorf("references were not replaced: %+v", orders)
	}
	consent := c.policy().Entries[0].Rules[ops.Destroy].Approve
	if consent == nil || consent.Count != 2 || consent.Within != 15*time.Minute {
		t.Errorf("got %+v", consent)
	}
}
