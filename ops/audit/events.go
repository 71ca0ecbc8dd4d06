package audit

// What is recorded besides the moves of requests, whose events have the names that ops/approval gives them.
const (
	Started         = "start"                 // of dbbot; Detail says with what
	Stopped         = "stop"                  // orderly
	WorkerLost      = "worker lost"           // another process is gone; Outcome says what became of its work
	Reconfigured    = "configuration changed" // the policy or the databases are others than at the last start
	CommandRefused  = "command refused"       // policy, limits, or nothing could be done; Detail says why
	CommandDropped  = "command dropped"       // received, and never looked at: its process was lost
	ClickRefused    = "click refused"         // From is the state it met; Detail the reason
	ClickExpired    = "click expired"         // on a request that is over
	ClickUnknown    = "click unknown"         // a token that nobody gave out, or one moved elsewhere
	CheckFailed     = "check failed"          // before a run: it could not be told whether all still holds
	Undeliverable   = "undeliverable"         // a message was given up
	AlarmRaised     = "alarm"                 // something is wrong from now on; Detail says what
	AlarmCleared    = "alarm over"
	Summed          = "digest" // the summary of a database's backups was said
	Exported        = "audit exported"
	Checkpointed    = "audit checkpoint"
	CheckpointFault = "audit fault" // the chain does not hold what a checkpoint says it held
)
