package commands

import "dbbot/ops"

// Values are a command's arguments after binding: each present as declared, or absent where optional.
type Values struct {
	databases []ops.Target
	words     map[string]string
	numbers   map[string]int
}

// Databases are those named by the DatabaseArg or AllArg: for AllArg without a name, all that are configured.
func (v Values) Databases() []ops.Target { return v.databases }

// Word is the argument of that name, empty where it was left out. Of a database it is the name as configured, of a
// command its path or the beginning of one.
func (v Values) Word(name string) string { return v.words[name] }

// Number is the argument of that name; ok is false where it was left out.
func (v Values) Number(name string) (n int, ok bool) { n, ok = v.numbers[name]; return n, ok }
