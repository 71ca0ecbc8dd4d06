package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"

	"dbbot/ops"

	"go.yaml.in/yaml/v4"
)

// document is a parsed file that still knows where everything stood.
type document struct {
	name   string
	root   *yaml.Node
	nodes  map[string]*yaml.Node // by path: databases[0].url
	spots  map[spot]string       // the way back: where the library says something is wrong, to the path
	source map[string]string     // by path: what stood there before ${NAME} was replaced
	faults *Faults
}

type spot struct{ line, column int }

// parse reads YAML and replaces every ${NAME}. Faults are collected, never returned: the caller goes on to find
// the rest. No text of the source is repeated, because it may hold a secret.
func parse(name string, source []byte, env environment, faults *Faults) *document {
	d := &document{
		name: name, faults: faults, nodes: map[string]*yaml.Node{},
		spots: map[spot]string{}, source: map[string]string{},
	}
	source = reference.ReplaceAll(source, []byte(opening+"$1"+closing))
	switch tree, err := one(source); {
	case errors.Is(err, io.EOF): // an empty file is a file without settings
		d.root = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1}
	case err != nil:
		d.syntax(err)
		return d
	default:
		d.root = tree
	}
	d.visit("", d.root, env)
	return d
}

var errSecond = errors.New("more than one document")

// one document, which must be all there is. Keys that stand twice are found later, where their path is known.
func one(source []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(source), yaml.WithUniqueKeys(false))
	if err != nil {
		return nil, err
	}
	var first, second yaml.Node
	if err := loader.Load(&first); err != nil {
		return nil, err
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errSecond, err)
	}
	return first.Content[0], nil
}

// ${NAME} stands between these two private characters while YAML is parsed: a brace would end {url: ${NAME}} early.
const opening, closing = "\ue000", "\ue001"

var (
	reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	marked    = regexp.MustCompile(opening + "([A-Za-z0-9_]+)" + closing)
)

// quoted finds what the library quotes from the source: single characters are punctuation, the rest may be a secret.
var quoted = regexp.MustCompile(`'[^']{2,}'`)

func (d *document) syntax(err error) {
	fault := Fault{File: d.name, Line: 1, Problem: "is not YAML", Fix: "Compare it with what `dbbot example` prints."}
	if errors.Is(err, errSecond) {
		fault.Problem, fault.Fix = "holds more than one document", "Remove the line --- and what does not belong here."
	} else if load, ok := errors.AsType[*yaml.LoadError](err); ok {
		fault.Line = max(load.Mark.Line, 1)
		fault.Problem = "cannot be read from here on: " + quoted.ReplaceAllString(load.Message, "***")
		fault.Fix = "Check the indentation, the quotes and the brackets of this line and the one above."
	}
	*d.faults = append(*d.faults, fault)
}

func (d *document) visit(path string, n *yaml.Node, env environment) {
	if n == nil {
		return
	}
	d.nodes[path] = n
	d.spots[spot{n.Line, n.Column}] = path
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			inner := strings.TrimPrefix(path+"."+key.Value, ".")
			d.visit(inner, n.Content[i+1], env)
			d.spots[spot{key.Line, key.Column}] = inner
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.visit(fmt.Sprintf("%s[%d]", path, i), item, env)
		}
	case yaml.ScalarNode:
		d.expand(path, n, env)
	}
}

// expand replaces ${NAME} in one value. A name that is not set is a fault; one that is set to nothing leaves the
// setting out.
func (d *document) expand(path string, n *yaml.Node, env environment) {
	if !marked.MatchString(n.Value) {
		return
	}
	d.source[path] = marked.ReplaceAllString(n.Value, "$${$1}")
	n.Value = marked.ReplaceAllStringFunc(n.Value, func(found string) string {
		name := found[len(opening) : len(found)-len(closing)]
		value, set, err := env.get(name)
		switch {
		case err != nil:
			d.fault(path, err.Problem, err.Fix)
		case !set:
			d.fault(path, "is not set in the environment", setFix(name, path))
		}
		return value
	})
	if n.Style == 0 {
		n.Tag = "" // plain: a number stays a number after it was replaced
	}
}

// needed are the settings no database can do without; every other one may be left out.
var needed = regexp.MustCompile(`^databases\[\d+\]\.(name|environment|url)$`)

func setFix(name, path string) string {
	fix := "Set " + name + " (or " + name + "_FILE)"
	if needed.MatchString(path) {
		return fix + "."
	}
	setting := path
	if _, inner, ofDatabase := strings.Cut(path, "]."); ofDatabase {
		setting = inner
	}
	return fix + ". " + setting + " is optional: without it, take the line out."
}

// decode fills into, and turns what the library complains about into faults with a path.
func (d *document) decode(into any) { d.load("", d.root, into) }

// load decodes the part of the file at path, whose own paths begin there.
func (d *document) load(path string, n *yaml.Node, into any) {
	if n == nil {
		return
	}
	err := n.Load(into, yaml.WithKnownFields())
	all, ok := errors.AsType[*yaml.LoadErrors](err)
	if !ok {
		if err != nil {
			d.fault(path, "cannot be read", "Compare it with what `dbbot example` prints.")
		}
		return
	}
	for _, one := range all.Errors {
		at := d.spots[spot{one.Mark.Line, one.Mark.Column}]
		switch {
		case strings.Contains(one.Message, " not found in type "):
			d.unknown(at, d.knownFields(at, path, reflect.TypeOf(into)))
		case strings.Contains(one.Message, " already defined at "):
			d.fault(at, "stands twice", "Keep one of them.")
		default:
			d.wrongType(at, one.Message)
		}
	}
}

// variables that settings come from where there is no file.
var variables = map[string]string{"databases[0].url": "DATABASE_URL", "redis.url": "REDIS_URL", "state.url": "DBBOT_STATE_URL", "audit.key": "DBBOT_AUDIT_KEY"}

// fault adds a fault at a path. The line is that of the nearest thing above it that stands in the file.
func (d *document) fault(path, problem, fix string) {
	n, near := d.nodes[path], path
	for n == nil && near != "" {
		near = near[:max(strings.LastIndexAny(near, ".["), 0)]
		n = d.nodes[near]
	}
	if d.name == "" {
		d.faults.environment(variables[path], problem, fix)
		return
	}
	f := Fault{File: d.name, Field: harmless(path), Problem: problem, Fix: fix, Line: 1, Value: d.shown(path)}
	if n != nil {
		f.Line = max(n.Line, 1)
	}
	*d.faults = append(*d.faults, f)
}

// secretField are the settings whose value is never repeated.
var secretField = regexp.MustCompile(`(^|\.)(\w*url|\w*token|\w*password|\w*secret|key|identity)$`)

// shown is a value as it may be repeated: as it stood in the file, or *** where it may be a secret.
func (d *document) shown(path string) string {
	n := d.nodes[path]
	if source, replaced := d.source[path]; replaced && reference.ReplaceAllString(source, "") == "" {
		return source
	}
	switch {
	case n == nil || n.Kind != yaml.ScalarNode || n.Value == "" || path == "":
		return ""
	case d.source[path] != "", secretField.MatchString(path):
		return "***"
	}
	return harmless(n.Value)
}

// harmless hides what may be half of an address or a DSN in the wrong place: no value worth repeating has an @ or
// an = in it.
func harmless(text string) string {
	if strings.ContainsAny(text, "@=") {
		return "***"
	}
	return ops.Redact(text)
}
