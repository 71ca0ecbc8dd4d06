package commands

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dbbot/ops"
)

// small talk: words that people put around a command and that say nothing to it. In quotes they are values.
var small = strings.Fields("a about an all's and at can could database databases db for from give i in is it " +
	"me my need of on our please plz see show tell thanks the to want was what what's with you -- - & +")

func smallTalk(w word) bool {
	return !w.quoted && slices.Contains(small, strings.ToLower(w.text))
}

// values puts the words that are left beside a command's name into its arguments, whatever their order.
func (c Catalogue) values(about About, rest []word) (Values, error) {
	v := Values{words: map[string]string{}, numbers: map[string]int{}}
	rest, err := v.placeTo(c, about, rest)
	if err != nil {
		return v, err
	}
	for _, w := range rest {
		if v.place(c, about, w) || smallTalk(w) {
			continue
		}
		return Values{}, c.surplus(about, v, w)
	}
	return v, c.complete(about, &v)
}

// placeTo takes "to 5" out of the words for an argument that stands behind "to". Databases between the two are passed
// over.
func (v *Values) placeTo(c Catalogue, about About, rest []word) ([]word, error) {
	i := slices.IndexFunc(about.Args, func(a Arg) bool { return a.Kind == ToArg })
	to := slices.IndexFunc(rest, func(w word) bool { return !w.quoted && strings.EqualFold(w.text, "to") })
	if i < 0 || to < 0 {
		return rest, nil
	}
	for at := to + 1; at < len(rest); at++ {
		if _, database := c.database(rest[at]); database || smallTalk(rest[at]) {
			continue
		}
		v.words[about.Args[i].Name] = rest[at].text
		return slices.Concat(rest[:to], rest[to+1:at], rest[at+1:]), nil
	}
	return nil, &ops.Error{
		Message: fmt.Sprintf("Behind “to” stands the %s, and there is none.", about.Args[i].Name),
		Hint:    "Type it like this: /db " + about.Usage(),
	}
}

// place gives a word to the first argument that can take it.
func (v *Values) place(c Catalogue, about About, w word) bool {
	for _, arg := range about.Args {
		_, taken := v.words[arg.Name]
		_, counted := v.numbers[arg.Name]
		switch {
		case arg.Kind == CommandArg && (!smallTalk(w) || c.named(w)):
			v.words[arg.Name] = strings.ToLower(strings.TrimSpace(v.words[arg.Name] + " " + w.label()))
			return true
		case taken || counted:
		case arg.Kind == DatabaseArg || arg.Kind == AllArg:
			if target, ok := c.database(w); ok {
				v.words[arg.Name], v.databases = target.Database, append(v.databases, target)
				return true
			}
			if arg.Kind == AllArg && !w.quoted && strings.EqualFold(w.text, "all") {
				return true
			}
		case arg.Kind == NamedArg:
			if value, ok := strings.CutPrefix(w.text, arg.Name+"="); ok {
				v.words[arg.Name] = value
				return true
			}
		case arg.Kind == NumberArg:
			if n, err := strconv.ParseUint(w.text, 10, 31); err == nil {
				v.numbers[arg.Name] = int(n)
				return true
			}
		case arg.Kind == WordArg && !smallTalk(w) && !v.wants(c, about, w):
			v.words[arg.Name] = w.text
			return true
		}
	}
	return false
}

// wants says that a word names the database that an argument still waits for.
func (v *Values) wants(c Catalogue, about About, w word) bool {
	_, named := c.database(w)
	return named && slices.ContainsFunc(about.Args, func(a Arg) bool {
		_, taken := v.words[a.Name]
		return a.Kind == DatabaseArg && !taken
	})
}

// complete fills in what was left out and can only be one thing, and asks for the rest.
func (c Catalogue) complete(about About, v *Values) error {
	for _, arg := range about.Args {
		_, given := v.words[arg.Name]
		_, counted := v.numbers[arg.Name]
		switch {
		case arg.Kind == CommandArg && given:
			if !c.begins(v.words[arg.Name]) {
				return c.unknown([]word{{text: v.words[arg.Name]}})
			}
		case given || counted:
		case arg.Kind == AllArg:
			v.databases = c.databases
		case arg.Optional, arg.Kind == NamedArg:
		case arg.Kind == DatabaseArg && len(c.databases) == 1:
			v.words[arg.Name], v.databases = c.databases[0].Database, c.databases
		case arg.Kind == DatabaseArg:
			return c.which(about)
		default:
			return &ops.Error{
				Message: fmt.Sprintf("“%s” needs one more word: the %s.", about.Path, arg.Name),
				Hint:    "Type it like this: /db " + about.Usage(),
			}
		}
	}
	return nil
}

// database finds a configured database by its name: as it is written, or else in other capitals.
func (c Catalogue) database(w word) (ops.Target, bool) {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, target := range c.databases {
			if same(target.Database, w.label()) {
				return target, true
			}
		}
	}
	return ops.Target{}, false
}

// named says whether a word is part of some command's path.
func (c Catalogue) named(w word) bool {
	return slices.ContainsFunc(c.commands, func(command Command) bool {
		return slices.Contains(strings.Fields(command.Path), strings.ToLower(w.text))
	})
}

// begins says whether some command's path begins with these words.
func (c Catalogue) begins(words string) bool {
	return slices.ContainsFunc(c.commands, func(command Command) bool {
		return strings.HasPrefix(command.Path+" ", words+" ")
	})
}
