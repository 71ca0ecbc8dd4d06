package workspace

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yamlFile is a YAML file whose faults are collected with their lines.
type yamlFile struct {
	name   string
	lines  map[string]int // by path: people[0].id
	faults ConfigFaults
}

// fault adds what is wrong at a path; where the path itself is missing, the nearest thing above it gives the line.
func (d *yamlFile) fault(path, fix, problem string, args ...any) {
	near := path
	for near != "" && d.lines[near] == 0 {
		near = near[:max(strings.LastIndexAny(near, ".["), 0)]
	}
	d.faults = append(d.faults, ConfigFault{
		File: d.name, Line: max(d.lines[near], 1), Fix: fix, Problem: path + " " + fmt.Sprintf(problem, args...),
	})
}

// decode fills into, which knows all the fields; it is false where the file is no YAML at all.
func (d *yamlFile) decode(text []byte, into any) bool {
	d.lines = map[string]int{}
	var root yaml.Node
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err == nil {
		err = loader.Load(&root)
	}
	if errors.Is(err, io.EOF) {
		d.faults = append(d.faults, ConfigFault{File: d.name, Line: 1, Problem: "the file is empty", Fix: "Write what it should hold, or leave the option out."})
		return false
	}
	if err != nil {
		d.structural(err)
		return false
	}
	d.visit("", &root)
	if err := root.Load(into, yaml.WithKnownFields()); err != nil {
		d.structural(err)
	}
	return true
}

func (d *yamlFile) visit(path string, n *yaml.Node) {
	d.lines[path] = n.Line
	switch n.Kind {
	case yaml.DocumentNode:
		d.visit(path, n.Content[0])
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			d.visit(strings.TrimPrefix(path+"."+n.Content[i].Value, "."), n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.visit(fmt.Sprintf("%s[%d]", path, i), item)
		}
	}
}

// How the library says what is wrong. Its sentences name our types and quote the file, which may hold a token.
var (
	unknownField = regexp.MustCompile(`field (\S+) not found in type`)
	wrongKind    = regexp.MustCompile(`(?s)^cannot construct (!\S+) .*into (.+)$`)
	quotation    = regexp.MustCompile("`[^`]{2,}`|'[^']{2,}'") // single characters are punctuation
)

// kindNames are YAML's kinds in words.
var kindNames = map[string]string{"!!str": "a text", "!!seq": "a list", "!!map": "fields", "!!int": "a number", "!!float": "a number", "!!bool": "true or false", "!!null": "nothing"}

func (d *yamlFile) structural(err error) {
	add := func(line int, message string) {
		f := ConfigFault{
			File: d.name, Line: max(line, 1), Problem: quotation.ReplaceAllString(message, "…"),
			Fix: "Compare it with the example: bot/workspace/seed.yml, or Slack's manifest reference.",
		}
		if m := unknownField.FindStringSubmatch(message); m != nil {
			f.Problem, f.Fix = m[1]+" is not a known field", "Check the spelling, or remove it."
		} else if m := wrongKind.FindStringSubmatch(message); m != nil {
			f.Problem = cmp.Or(kindNames[m[1]], "something else") + " stands where " + wanted(m[2]) + " is wanted"
		}
		d.faults = append(d.faults, f)
	}
	if all, ok := errors.AsType[*yaml.LoadErrors](err); ok {
		for _, one := range all.Errors {
			add(one.Mark.Line, one.Message)
		}
		return
	}
	if one, ok := errors.AsType[*yaml.LoadError](err); ok {
		add(one.Mark.Line, one.Message)
		return
	}
	add(1, err.Error())
}

// wanted says in words what a Go type is filled from.
func wanted(kind string) string {
	switch {
	case strings.HasPrefix(kind, "[]"):
		return "a list"
	case kind == "bool", kind == "*bool":
		return "true or false"
	case strings.HasPrefix(kind, "struct"), strings.HasPrefix(kind, "workspace.seed"), strings.HasPrefix(kind, "workspace.manifest"):
		return "a set of fields"
	}
	return "a text"
}
