package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"dbbot/ops"
)

func TestWeakKeysAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		secret string
		taken  bool
	}{
		"none":             {"", false},
		"31 bytes":         {"0123456789abcdef0123456789abcde", false},
		"32 bytes":         {"0123456789abcdef0123456789abcdef", true},
		"blanks":           {strings.Repeat(" ", 40), false},
		"blanks at an end": {"0123456789abcdef0123456789abcde\n", false},
		"one character":    {strings.Repeat("x", 64), false},
		"typed to fill":    {strings.Repeat("secret!", 10), false},
	} {
		key, err := NewKey(ops.Secret(tt.secret))
		if tt.taken != (err == nil) || key.Set() != tt.taken {
			t.Errorf("%s: %v", name, err)
		}
		if marked, ok := errors.AsType[*ops.Error](err); err != nil && (!ok || marked.Hint == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A line break at the end, as files have it, makes no other key.
func TestAKeyOfAFile(t *testing.T) {
	e := Seal(Entry{Seq: 1}, nil, testKey)
	if !must(NewKey("0123456789abcdef0123456789abcdef\n")).Sealed(e) {
		t.Error("a line break makes another key")
	}
}

func TestAKeyDoesNotPrint(t *testing.T) {
	secret := "hunter2hunter2-hunter2hunter2-0123456789"
	key := must(NewKey(ops.Secret(secret)))
	hidden := struct{ k Key }{key}
	said := fmt.Sprintf("%v %+v %#v %s %x %q %v %#v", key, key, key, key, key, key, hidden, hidden)
	if asJSON, err := json.Marshal(struct{ Key any }{key}); err == nil {
		said += string(asJSON)
	}
	for _, secret := range []string{"hunter2", fmt.Sprintf("%x", secret), fmt.Sprintf("%x", derive(secret, "chain")), fmt.Sprint(derive(secret, "chain"))} {
		if strings.Contains(said, secret) {
			t.Errorf("printed: %s", said)
		}
	}
}
