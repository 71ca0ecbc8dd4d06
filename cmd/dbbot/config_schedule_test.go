package main

import "testing"

func TestSchedules(t *testing.T) {
	for schedule, want := range map[string]string{
		"0 3 * * *":                    "",
		"*/15 0-6,22,23 1 jan-mar MON": "",
		"59 23 31 12 7":                "",
		"0 0 * * sun-tue":              "",
		"0-30/10 * * * *":              "",
		"61 * * * *":                   "is not a schedule: its minute goes from 0 to 59",
		"* 24 * * *":                   "is not a schedule: its hour goes from 0 to 23",
		"0 3 0 * *":                    "is not a schedule: its day goes from 1 to 31",
		"0 3 * 13 *":                   "is not a schedule: its month goes from 1 to 12",
		"0 3 * * 8":                    "is not a schedule: its weekday goes from 0 to 7",
		"0 3 * * mon-wen":              "is not a schedule: its weekday goes from 0 to 7",
		"30-10 * * * *":                "is not a schedule: its minute goes from 0 to 59",
		"*/0 * * * *":                  "is not a schedule: its minute goes from 0 to 59",
		"5/10 * * * *":                 "is not a schedule: its minute goes from 0 to 59",
		"0,, * * * *":                  "is not a schedule: its minute goes from 0 to 59",
		"-1 * * * *":                   "is not a schedule: its minute goes from 0 to 59",
		"0 3 * *":                      "is not a schedule",
		"0 0 3 * * *":                  "is not a schedule",
		"@daily":                       "is not a schedule",
	} {
		if got := scheduleFault(schedule); got != want {
			t.Errorf("%q %s; want %q", schedule, got, want)
		}
	}
}
