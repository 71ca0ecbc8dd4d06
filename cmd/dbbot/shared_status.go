package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"time"

	"dbbot/ops"
	"dbbot/ops/coord"
	"dbbot/ops/postgres"
)

// statusFresh is how old a reading may be that another asker caused: in an incident a hundred people ask at once, and the
// database answers once a second, whatever the number of replicas.
const statusFresh = time.Second

// sharedStatus reads a database's status, or takes over the reading that somebody else has just had done.
type sharedStatus struct {
	reader *postgres.Reader
	shared *coord.Coord
}

// Status never fails: what could not be read says so itself.
func (s sharedStatus) Status(ctx context.Context, database string) postgres.Status {
	data, err := s.shared.Shared(ctx, "status/"+database, statusFresh, func(ctx context.Context) ([]byte, error) {
		status := s.reader.Status(ctx, database)
		if status.Down != nil { // seen from here: another replica may reach it, and has to try
			return nil, &unshared{status}
		}
		return encodeStatus(status)
	})
	if own, ok := errors.AsType[*unshared](err); ok {
		return own.status
	}
	var status postgres.Status
	if err == nil && gob.NewDecoder(bytes.NewReader(data)).Decode(&status) == nil {
		return status
	}
	return s.reader.Status(ctx, database) // from another version of dbbot, or nobody answered in time
}

// unshared is a reading that is for those alone who waited for it in this process.
type unshared struct{ status postgres.Status }

func (u *unshared) Error() string { return u.status.Down.Error() }

// encodeStatus writes a status down without the hidden causes of its faults, which are in the log of whoever read it.
func encodeStatus(s postgres.Status) ([]byte, error) {
	for _, fault := range []**ops.Error{
		&s.Server.Fault, &s.Connections.Fault, &s.Activity.Fault, &s.Locks.Fault, &s.Replication.Fault, &s.Counters.Fault,
		&s.Freeze.Fault, &s.Checkpoints.Fault, &s.Migrations.Fault, &s.Statements.Fault, &s.Tables.Fault, &s.Size.Fault,
	} {
		if *fault != nil {
			*fault = &ops.Error{Message: (*fault).Message, Hint: (*fault).Hint}
		}
	}
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(s)
	return b.Bytes(), err
}
