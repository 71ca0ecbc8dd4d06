package ops

// OnReached is called with the name of each step of the road of a change as it is reached. Tests set it, before anything
// runs, to end the process exactly there; the program never does.
var OnReached func(step string)

// Reached says that a named step was reached: what the crash tests stop at.
func Reached(step string) {
	if OnReached != nil {
		OnReached(step)
	}
}
