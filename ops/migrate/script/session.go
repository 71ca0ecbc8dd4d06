package script

// Session says that a statement changes settings of the session and nothing else, so that it can be run again: what goes
// on with a file in the middle needs those of its beginning.
func (s Statement) Session() bool {
	name, _ := changed(s.Node)
	return name != "" && s.Node.GetDiscardStmt() == nil
}
