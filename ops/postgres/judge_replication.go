package postgres

import "dbbot/ops"

func (r Replication) judge(f *Finding, t Thresholds, grant string) {
	for _, x := range r.Replicas {
		x.judge(f, t)
	}
	for _, s := range r.Slots {
		s.judge(f)
	}
	if r.Receiver != nil {
		r.Receiver.judge(f, t)
	}
	if r.Hidden > 0 {
		f.at(Unseen, grant, "how far %s behind is hidden", map[bool]string{true: "the replica is", false: "the replicas are"}[r.Hidden == 1])
	}
}

// longName is how much of a name from outside stands in a sentence.
const longName = 40

func (x Replica) judge(f *Finding, t Thresholds) {
	name := ops.Printable(x.Name, longName)
	f.above(float64(x.Bytes), float64(t.LagBytesWatch), float64(t.LagBytesBad), "", "replica %s is %s behind", name, x.Bytes)
	f.older(x.Lag, t.LagWatch, t.LagBad, "", "replica %s is %s behind", name, x.Lag)
}

func (s Slot) judge(f *Finding) {
	name := ops.Printable(s.Name, longName)
	switch {
	case s.WAL == "lost":
		f.at(Bad, "Its reader must be set up anew; then drop the slot.", "slot %s has lost WAL that its reader needs", name)
	case s.WAL == "unreserved":
		f.at(Bad, "Let its reader catch up now, or raise max_slot_wal_keep_size.", "slot %s is about to lose WAL that its reader needs", name)
	case !s.Active:
		f.at(Watch, "Nobody reads it, and WAL piles up until the disk is full. Drop it if its reader is gone.",
			"slot %s has no reader and keeps %s of WAL", name, s.Kept)
	}
}

func (r Receiver) judge(f *Finding, t Thresholds) {
	switch {
	case r.Paused:
		f.at(Watch, "SELECT pg_wal_replay_resume();", "replay is paused on this replica")
	case !r.Streaming:
		f.at(Watch, "Is the primary up, and does primary_conninfo still fit?", "this replica receives nothing from its primary")
	}
	f.above(float64(r.Bytes), float64(t.LagBytesWatch), float64(t.LagBytesBad), "", "this replica has %s yet to replay", r.Bytes)
	f.older(r.Lag(), t.LagWatch, t.LagBad, "", "this replica is %s behind", r.Lag())
}
