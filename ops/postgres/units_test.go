package postgres

import (
	"encoding/json"
	"testing"
	"time"
)

func TestBytes(t *testing.T) {
	for b, want := range map[Bytes]string{
		0: "0 bytes", 999: "999 bytes", 1000: "0.98 kB", 1024: "1 kB", 8192: "8 kB", 1 << 20: "1 MB", 1288490189: "1.2 GB",
		12 << 30: "12 GB", 1023 << 20: "1 GB", 9996 << 10: "9.8 MB", -3 << 20: "-3 MB", 1<<63 - 1: "8 EB",
	} {
		if got := b.String(); got != want {
			t.Errorf("%d: got %q, want %q", int64(b), got, want)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 340 * time.Microsecond: "0.34 ms", 12 * time.Millisecond: "12 ms", 999 * time.Millisecond: "999 ms",
		time.Second: "1 s", 1500 * time.Millisecond: "1.5 s", 45 * time.Second: "45 s", 95 * time.Second: "1 min 35 s",
		4 * time.Minute: "4 min", 59*time.Minute + 59*time.Second: "59 min", time.Hour: "1 h", 90 * time.Minute: "1 h 30 min",
		24 * time.Hour: "1 day", 25 * time.Hour: "1 day 1 h", 72 * time.Hour: "3 days",
	} {
		if got := Age(d).String(); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestAgeFromSeconds(t *testing.T) {
	for text, want := range map[string]Age{"1.5": Age(1500 * time.Millisecond), "null": 0, "-3": 0} {
		var got Age
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %d, %v", text, got, err)
		}
	}
	var far Age
	if err := json.Unmarshal([]byte("1e300"), &far); err != nil || far <= 0 {
		t.Errorf("an age beyond all bounds is %d, %v", far, err)
	}
}
