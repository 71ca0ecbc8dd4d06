package ops

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Secret is a text that never prints: not through fmt, slog or JSON. Reveal gives it to the one call that needs it.
type Secret string

const hidden = "***"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Format prints *** whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// LogValue logs ***.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON writes "***": a secret is not data that is kept.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }
