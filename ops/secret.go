package ops

import (
	"fmt"
	"log/slog"
)

// Secret is a text that does not print: not through fmt, slog, JSON or YAML. Reveal gives it to the one call that
// needs it. One hole is fmt's own: with %v of a struct it asks no methods of unexported fields, so nothing that holds
// a Secret in one is ever printed whole.
type Secret string

const hidden = "***"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Format prints *** whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// LogValue logs ***.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText writes *** into JSON, YAML and whatever else: a secret is not data that is kept.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
