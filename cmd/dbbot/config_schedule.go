package main

import (
	"time"

	"dbbot/ops/backup"
)

// scheduleFault says what is wrong with a schedule; empty where nothing is.
func scheduleFault(schedule string) string {
	if _, err := backup.ParseSchedule(schedule, time.UTC); err != nil {
		return err.Error()
	}
	return ""
}
