package postgres

import "dbbot/ops"

func (c Connections) judge(f *Finding, t Thresholds, grant string) {
	const fix = "End sessions that are idle, or put a pooler in front of the applications."
	f.above(percent(int64(c.Used), int64(c.Usable())), t.ConnectionsWatch, t.ConnectionsBad, fix,
		"%d of %d usable connections are taken", c.Used, c.Usable())
	if c.LimitHere > 0 {
		f.above(percent(int64(c.Here), int64(c.LimitHere)), t.ConnectionsWatch, t.ConnectionsBad, fix,
			"%d of the %d connections this database may have are taken", c.Here, c.LimitHere)
	}
	if c.Hidden > 0 {
		f.at(Unseen, grant, "what %s do is hidden", ops.Count(c.Hidden, "session"))
	}
}

func (a Activity) judgeLongest(f *Finding, t Thresholds, grant string) {
	if len(a.Queries) > 0 {
		q := a.Queries[0]
		f.older(q.QueryAge, t.QueryWatch, t.QueryBad, "", "a query has been running for %s", q.QueryAge)
	}
	if len(a.Transactions) > 0 {
		x := a.Transactions[0]
		f.older(x.TransactionAge, t.TransactionWatch, t.TransactionBad, "",
			"a transaction has been open for %s", x.TransactionAge)
	}
	if len(a.Prepared) > 0 {
		p := a.Prepared[0]
		f.older(p.Age, t.TransactionWatch, t.TransactionBad, "COMMIT PREPARED or ROLLBACK PREPARED ends it.",
			"a prepared transaction has been waiting for %s", p.Age)
	}
	a.judgeHidden(f, grant)
}

func (a Activity) judgeIdle(f *Finding, t Thresholds, grant string) {
	if len(a.Idlers) > 0 {
		i := a.Idlers[0]
		f.older(i.StateAge, t.IdleWatch, t.IdleBad, "It keeps its locks, and old rows, until it ends.",
			"a session has been idle inside a transaction for %s", i.StateAge)
	}
	a.judgeHidden(f, grant)
}

func (a Activity) judgeHidden(f *Finding, grant string) {
	if a.Hidden > 0 {
		f.at(Unseen, grant, "what %s do is hidden", ops.Count(a.Hidden, "session"))
	}
}

func (l Locks) judgeBlocked(f *Finding, t Thresholds) {
	if len(l.Waits) == 0 {
		return
	}
	longest := l.Waits[0].Waited
	why := "waits for another, for %s"
	if l.Waiting > 1 {
		why = "wait for others, the longest for %s"
	}
	f.older(longest, t.BlockedWatch, t.BlockedBad, "", "%s "+why, ops.Count(l.Waiting, "session"), longest)
}

// judgeLocks is about the locks themselves: requests that wait, and tables that are shut. How bad it is for those who
// wait is judgeBlocked's.
func (l Locks) judgeLocks(f *Finding, t Thresholds) {
	if len(l.Exclusive) > 0 {
		e := l.Exclusive[0]
		f.older(e.TransactionAge, t.BlockedWatch, t.TransactionBad, "", "%s locked so that nobody else can even read, for %s",
			map[bool]string{true: "a table is", false: "tables are"}[len(l.Exclusive) == 1], e.TransactionAge)
	}
	if len(l.Waits) > 0 && l.Waits[0].Waited >= Age(t.BlockedWatch) {
		f.at(Watch, "", "%s not granted", ops.Count(l.Waiting, "lock"))
	}
}
