package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"dbbot/commands"
	"dbbot/ops/backup"
)

func TestBacked(t *testing.T) {
	c := Config{Databases: []Database{
		{Name: "plain"},
		{Name: "orders", Environment: "production", Backup: &Backup{
			Schedule: "0 3 * * *", Digest: "0 9 * * 1", Zone: "Europe/Berlin", Notify: "failures", Limit: 26 * time.Hour,
		}},
		{Name: "reporting", Backup: &Backup{Notify: "all"}},
		{Name: "shop", Backup: &Backup{Schedule: "0 * * * *"}},
	}}
	var asked string
	all := c.backed(func(_ context.Context, database string) (commands.Shelf, error) {
		asked = database
		return commands.Shelf{Backups: []backup.Backup{{}}}, errors.New("away")
	})
	if len(all) != 3 {
		t.Fatalf("%+v", all)
	}
	orders, reporting := all[0], all[1]
	if orders.Target != c.Databases[1].target() || orders.Schedule.String() != "0 3 * * * Europe/Berlin" || orders.Digest.String() != "0 9 * * 1 Europe/Berlin" ||
		!orders.Quiet || orders.Limit != 26*time.Hour {
		t.Errorf("%+v", orders)
	}
	if reporting.Schedule != nil || reporting.Digest != nil || reporting.Quiet || reporting.Limit != 0 {
		t.Errorf("%+v", reporting)
	}
	if shop := all[2]; shop.Limit != 2*time.Hour {
		t.Errorf("%+v", shop)
	}
	if found, err := orders.Backups(t.Context()); len(found) != 1 || err == nil || asked != "orders" {
		t.Errorf("%v, %v of %q", found, err, asked)
	}
}
