package commands

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// atOnce calls all functions at the same time and returns when the last one has. A panic in one of them goes on here,
// where the road answers for it; in a goroutine of its own it would end the process. Its text has the stack of where it
// began, which the road could not see any more.
func atOnce(functions ...func()) {
	panics := make([]any, len(functions))
	var all sync.WaitGroup
	for i, do := range functions {
		all.Go(func() { panics[i] = caught(do) })
	}
	all.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}

// caught calls a function and gives the text of its panic, with the stack, or nil.
func caught(do func()) (text any) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	do()
	return nil
}
