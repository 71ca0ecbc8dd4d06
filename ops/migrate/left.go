package migrate

// Left is a file up that broke off while dbbot ran its statements one by one, as dbbot wrote that down: the tool's own
// mark still stands as dbbot left it, so that nobody has forced, resolved or run anything since.
type Left struct {
	Name, Sum string
	From, To  string // the version or last name before it, and the one it leads to
	Applied   int    // statements that stand for certain; the next one may have done its work, too
	Of        int
}

// resumed gives the step that goes on where a file broke off; nil where nothing did, where nobody can tell how far it
// came, and where the file is another one by now.
func (v Survey) resumed() *Step {
	left := v.journal.Left
	if left == nil || len(v.Broken) != 1 || len(v.Faults) > 0 {
		return nil
	}
	m, found := v.find(left.Name)
	if !found || m.Up == nil || m.Up.Sum != left.Sum || v.mark(m) != left.To {
		return nil
	}
	return &Step{Migration: m, From: left.From, To: left.To, Resume: true, Skip: left.Applied}
}

// Resumes says how far the file came that broke off, where up can go on with it.
func (v Survey) Resumes() (left Left, can bool) {
	if v.resumed() == nil {
		return Left{}, false
	}
	return *v.journal.Left, true
}

// Leads says whether a step begins where the database is: behind what is applied, or at the very point where its file
// broke off.
func (v Survey) Leads(s Step) bool {
	if !s.Resume {
		return len(v.Broken) == 0 && v.At == s.From
	}
	left := v.journal.Left
	return left != nil && len(v.Broken) == 1 && left.Name == s.Migration.Name && left.Sum == s.File().Sum && left.To == s.To && left.Applied == s.Skip
}
