package commands

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dbbot/ops"
)

// maxPath is how many words a path may have; longer ones nobody types.
const maxPath = 3

// Find understands a line: which command it is, and with which arguments. No words are the same as help. The
// words may come in any order that makes sense ("orders status", "status of the orders database please"); what
// cannot be understood is an *ops.Error that says what would be. Behind "--" stands the reason of a Change, which is
// never looked at for arguments: what is agreed to must not depend on how somebody words why.
func (c Catalogue) Find(line string) (Call, error) {
	before, reason, reasoned := splitReason(line)
	if !reasoned {
		return c.find(line)
	}
	asked, wrong := c.find(before)
	if wrong == nil && asked.Change != nil {
		return asked.because(reason)
	}
	whole, err := c.find(line) // a Question: two dashes are as good as none
	switch {
	case err == nil && whole.Change == nil:
		return whole, nil
	case wrong == nil:
		return Call{}, &ops.Error{
			Message: fmt.Sprintf("“%s” only reads, so it takes no reason.", asked.Path),
			Hint:    "Leave out the two dashes and what stands behind them.",
		}
	}
	return Call{}, wrong
}

// find understands a line without a reason.
func (c Catalogue) find(line string) (Call, error) {
	words, err := lex(line)
	if err != nil {
		return Call{}, err
	}
	words = tidy(words)
	if len(words) == 0 {
		words = []word{{text: "help"}}
	}
	var refused error
	for _, m := range c.matches(words) {
		values, err := c.values(m.command.About, m.rest)
		if err == nil {
			var call Call
			if call, err = m.command.bind(values); err == nil {
				if call.Change != nil {
					call.Change.Words = c.canonical(m.command.About, values)
				}
				return call, nil
			}
		}
		refused = cmp.Or(refused, err) // the first match is the likeliest: its reason is the one to hear
	}
	if refused != nil {
		return Call{}, refused
	}
	return Call{}, c.unknown(words)
}

// tidy takes off what is around a command: the bot's own mention, a typed "/db", full stops and question marks.
func tidy(words []word) []word {
	if len(words) > 0 && strings.HasPrefix(words[0].text, "<@") && !words[0].quoted {
		words = words[1:]
	}
	if len(words) > 0 && strings.EqualFold(words[0].text, "/db") {
		words = words[1:]
	}
	var out []word
	for _, w := range words {
		switch {
		case w.quoted:
		case w.text == "?" || w.text == "-h" || w.text == "--help":
			w.text = "help"
		default:
			w.text = strings.TrimRight(w.text, punctuation)
		}
		if w.text != "" || w.quoted {
			out = append(out, w)
		}
	}
	return out
}

// match is a command whose name is among the words, and the words that are left for its arguments.
type match struct {
	command Command
	at      int // where its name begins
	rest    []word
}

// matches finds the commands that the words may mean, likeliest first: the one named first, and of two that begin
// at the same word the longer one.
func (c Catalogue) matches(words []word) []match {
	var found []match
	for _, command := range c.commands {
		if m, ok := command.match(words); ok {
			found = append(found, m)
		}
	}
	slices.SortStableFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(len(b.command.Path), len(a.command.Path)))
	})
	return found
}

// match looks for the words of a command's path, in any order, with other words between them or not.
func (c Command) match(words []word) (match, bool) {
	path := strings.Fields(c.Path)
	m := match{command: c, at: len(words)}
	for i, w := range words {
		name := slices.IndexFunc(path, func(name string) bool { return !w.quoted && strings.EqualFold(w.text, name) })
		if name < 0 {
			m.rest = append(m.rest, w)
			continue
		}
		m.at, path = min(m.at, i), slices.Delete(path, name, name+1)
	}
	return m, len(path) == 0
}
