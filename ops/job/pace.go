package job

import "time"

// pace is how often things are looked at, and how long silence is borne. Tests are faster.
//
// The three in the middle keep two workers from holding the same request at once: a worker trusts its lock for trust
// after the last proof of it, and then stops what it runs; others act when they have found the lock free for absent. With
// trust < absent the first has been told to stop before the second looks at what happened.
type pace struct {
	ping   time.Duration // between two proofs that the lock is still held
	trust  time.Duration // after the last one
	absent time.Duration // of a worker before its runs are taken over
	look   time.Duration // between two looks for strays; every look asks the state database once
	silent time.Duration // of a worker's session before it counts as frozen, and is ended by another
	report time.Duration // between two reports of a run: Slack allows about one edit a second in a channel
	begin  time.Duration // after a check until the start is kept, and then until the run begins: what was seen is old later
	redraw time.Duration // between two drawings of the home tabs

	// When the program ends: how long a run may take to stop once it has been told to, and its result to be recorded. What
	// takes longer is looked at by whoever takes it over.
	cancel, record time.Duration
}

var usual = pace{
	ping: 750 * time.Millisecond, trust: 2500 * time.Millisecond, absent: 3 * time.Second, look: time.Second,
	silent: 15 * time.Second, report: 2 * time.Second, begin: 15 * time.Second, redraw: 2 * time.Second,
	cancel: 8 * time.Second, record: 4 * time.Second,
}

const (
	// moveWithin bounds one try to move a request: a short transaction, which may wait for others on the same rows.
	moveWithin = 5 * time.Second
	// firstPause and longestPause lie between tries to move it while the state database is away.
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	// checkPause and longestCheck lie between tries to check what could not be checked. It ends with the consent.
	checkPause   = time.Second
	longestCheck = 10 * time.Second
	// checkWithin bounds one check: people, policy, and the plan made again.
	checkWithin = 30 * time.Second
	// lookWithin leaves time to record what was found within the half minute that is promised after a crash.
	lookWithin = 15 * time.Second
	// longestRun ends what would run for ever. A restore of a terabyte takes hours.
	longestRun = 24 * time.Hour
	// workWithin bounds all other work, each time it is tried.
	workWithin = time.Minute

	// drainWithin is how long messages about the last results may take to be sent, and leaveWithin River's own end.
	drainWithin = 3 * time.Second
	leaveWithin = 4 * time.Second

	// maxRuns are taken from the queue at once, maxStrays requests and as many messages are taken up beside them, and maxTalk are messages and the like.
	maxRuns   = 8
	maxStrays = 16
	maxTalk   = 16
	maxClocks = 4
)
