package workspace

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// This file is the small interpreter of the Block Kit rules; the rules themselves are data in the other
// validate_*.go files. A rule looks at one decoded JSON value and reports each fault with its JSON pointer,
// in the words Slack uses in response_metadata.messages.

// maxFaults bounds the answer about one document: a table of 2,000 bad cells needs no 2,000 sentences.
const maxFaults = 50

// maxQuoted bounds what a fault repeats of the document (code points): a type name may be megabytes long.
const maxQuoted = 80

// rule judges one value; at is its JSON pointer.
type rule interface {
	judge(j *judge, at string, value any)
}

// judge collects the faults of one document and what must be unique in it.
type judge struct {
	surface  Surface
	faults   []string
	blockIDs map[string]bool
	actions  map[string]bool // of the block that is being read
	tables   int
	focus    int // elements with focus_on_load
	markdown int // code points in all markdown blocks together
}

func newJudge(surface Surface) *judge {
	return &judge{surface: surface, blockIDs: map[string]bool{}, actions: map[string]bool{}}
}

func (j *judge) fault(at, format string, args ...any) {
	if len(j.faults) < maxFaults {
		j.faults = append(j.faults, "[ERROR] "+fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
	}
}

// words is a JSON string of min to max code points; form, where set, names what it must look like.
type words struct {
	min, max int
	form     *form
}

type form struct {
	name string
	ok   func(string) bool
}

func (w words) judge(j *judge, at string, value any) {
	s, ok := value.(string)
	if !ok {
		j.fault(at, "must provide a string")
		return
	}
	switch n := utf8.RuneCountInString(s); {
	case n < w.min:
		j.fault(at, "must be more than %d characters", w.min-1)
	case n > w.max:
		j.fault(at, "must be less than %d characters", w.max+1)
	case w.form != nil && !w.form.ok(s):
		j.fault(at, "must be a valid %s", w.form.name)
	}
}

// number is a JSON number from min to max; whole forbids fractions, positive forbids zero and less.
type number struct {
	min, max        float64
	whole, positive bool
}

func (n number) judge(j *judge, at string, value any) {
	raw, ok := value.(json.Number)
	if !ok {
		j.fault(at, "must provide a number")
		return
	}
	v, err := raw.Float64()
	switch {
	case err != nil:
		j.fault(at, "must provide a number")
	case n.whole && v != float64(int64(v)):
		j.fault(at, "must be an integer")
	case n.positive && v <= 0:
		j.fault(at, "must be greater than 0")
	case v < n.min:
		j.fault(at, "must be greater than or equal to %s", plainNumber(n.min))
	case v > n.max:
		j.fault(at, "must be less than or equal to %s", plainNumber(n.max))
	}
}

func plainNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// boolean is a JSON boolean.
type boolean struct{}

func (boolean) judge(j *judge, at string, value any) {
	if _, ok := value.(bool); !ok {
		j.fault(at, "must provide a boolean")
	}
}

// choice is a JSON string out of a fixed set.
type choice []string

func (c choice) judge(j *judge, at string, value any) {
	s, ok := value.(string)
	if !ok {
		j.fault(at, "must provide a string")
	} else if !slices.Contains(c, s) {
		j.fault(at, "must be a valid enum value")
	}
}

// list is a JSON array of min to max values that all obey one rule.
type list struct {
	min, max int
	of       rule
}

func (l list) judge(j *judge, at string, value any) {
	items, ok := value.([]any)
	if !ok {
		j.fault(at, "must provide an array")
		return
	}
	if len(items) < l.min {
		j.fault(at, "no fewer than %d items allowed", l.min)
	}
	if len(items) > l.max {
		j.fault(at, "no more than %d items allowed", l.max)
		items = items[:l.max] // one sentence is enough about the rest
	}
	for i, item := range items {
		l.of.judge(j, at+"/"+strconv.Itoa(i), item)
	}
}

// shape is a JSON object with exactly these fields ("type" is implied where a type picks the shape).
type shape struct {
	need   []string
	fields map[string]rule
	also   []relation // what no single field can say
}

// relation judges how the fields of an object go together; it may rely on nothing but their names.
type relation func(j *judge, at string, object map[string]any)

func (s shape) judge(j *judge, at string, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		j.fault(at, "must provide an object")
		return
	}
	for _, name := range s.need {
		if _, ok := object[name]; !ok {
			j.fault(at, "missing required field: %s", name)
		}
	}
	for _, name := range sortedKeys(object) {
		if r, ok := s.fields[name]; ok {
			r.judge(j, at+"/"+name, object[name])
		} else if name != "type" {
			j.fault(at, "invalid additional property: %s", quoted(name))
		}
	}
	for _, also := range s.also {
		also(j, at, object)
	}
}

// typed is a JSON object whose "type" picks its shape; only the named types are allowed in this place.
type typed struct {
	shapes  map[string]shape
	allowed []string
}

func (t typed) judge(j *judge, at string, value any) {
	object, name, ok := typeOf(j, at, value)
	if !ok {
		return
	}
	s, known := t.shapes[name]
	if !known || !slices.Contains(t.allowed, name) {
		j.fault(at+"/type", "unsupported type: %s", quoted(name))
		return
	}
	s.judge(j, at, object)
}

// typeOf reads the "type" of an object and reports what is wrong with it.
func typeOf(j *judge, at string, value any) (object map[string]any, name string, ok bool) {
	object, ok = value.(map[string]any)
	if !ok {
		j.fault(at, "must provide an object")
		return nil, "", false
	}
	raw, ok := object["type"]
	if !ok {
		j.fault(at, "missing required field: type")
		return nil, "", false
	}
	name, ok = raw.(string)
	if !ok {
		j.fault(at+"/type", "must provide a string")
	}
	return object, name, ok
}

func sortedKeys(object map[string]any) []string {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// quoted cuts a piece of the document to what a sentence can hold.
func quoted(s string) string {
	if utf8.RuneCountInString(s) <= maxQuoted {
		return s
	}
	return string([]rune(s)[:maxQuoted]) + "…"
}
