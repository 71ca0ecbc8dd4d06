package commands

import (
	"testing"

	"dbbot/ops/approval"
)

func TestSaying(t *testing.T) {
	tests := []struct{ command, words, want string }{
		{"terminate", "terminate 4242 orders", "terminate 4242 orders"},
		{"terminate", "terminate 4242 orders started=2026-11-23T01:07:22.531514Z since=2026-11-23T01:07:23Z", "terminate 4242 orders"},
		{"cancel", `cancel 4242 "my orders" "since=now"`, `cancel 4242 "my orders"`},
		{"terminate", "terminate 4242 other=1", "terminate 4242 other=1"}, // nobody has declared it: it may mean something
		{"forgotten", "forgotten started=1", "forgotten started=1"},
		{"terminate", `terminate "4242`, `terminate "4242`},
	}
	for _, tt := range tests {
		if got := Saying(approval.Request{Command: tt.command, Words: tt.words}); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.words, got, tt.want)
		}
	}
}
