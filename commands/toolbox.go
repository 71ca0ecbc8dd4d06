package commands

import "dbbot/ops"

// Toolbox is all that commands need from outside: one field for each small interface that a command file
// declares. cmd/dbbot fills it in one place (wire.go).
type Toolbox struct {
	Databases []ops.Target // as configured, in the order of the file

	declared func() []About // every command, for help; All sets it
}
