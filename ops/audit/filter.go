package audit

import "dbbot/ops"

// Filter chooses entries. Zero values choose all.
type Filter struct {
	Databases []string     // about one of these, as the configuration names them; "" stands for what is about none. nil: all
	Who       ops.PersonID // who acted
	Request   int64
	Before    int64 // older than the entry with this number
	Limit     int   // at most 200; zero: 20
}
