package commands

import (
	"strings"
	"testing"
)

func TestAtOnce(t *testing.T) {
	met, done := make(chan bool), [3]bool{}
	atOnce(
		func() { met <- true; done[0] = true },
		func() { <-met; done[1] = true }, // neither would return if they came one after another
		func() { done[2] = true },
	)
	if done != [3]bool{true, true, true} {
		t.Errorf("done: %v", done)
	}
	atOnce()
}

func breaks() { panic("a plate fell") }

// A panic reaches whoever called, says where it began, and keeps nobody else from finishing.
func TestAtOncePanicsHere(t *testing.T) {
	finished := false
	defer func() {
		text, _ := recover().(string)
		if !finished || !strings.HasPrefix(text, "a plate fell\n") || !strings.Contains(text, "commands.breaks") {
			t.Errorf("finished: %v, panic: %s", finished, text)
		}
	}()
	atOnce(breaks, func() { finished = true })
	t.Error("no panic")
}
