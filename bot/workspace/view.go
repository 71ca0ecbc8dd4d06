package workspace

type stackKey struct{ app, user string }
type view struct{}
type file struct{}
