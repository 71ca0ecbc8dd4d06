package apply

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"dbbot/ops/migrate/lint"
)

//go:embed facts.sql
var factsSQL string

// Facts reads, in one round trip, what the lint asks about the relations of these names, which may be of indexes too,
// and about their neighbours; nil means all relations. How many rows the statements would touch, Touched tells. Errors
// are *ops.Error.
func (c *Conn) Facts(ctx context.Context, names []string) (lint.Facts, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	var told []byte
	if err := c.work.QueryRow(ctx, factsSQL, names).Scan(&told); err != nil {
		return lint.Facts{}, c.unread(err)
	}
	var facts lint.Facts
	if err := json.Unmarshal(told, &facts); err != nil {
		return lint.Facts{}, fmt.Errorf("what the catalogue says: %w", err)
	}
	return facts, nil
}
