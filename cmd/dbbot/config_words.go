package main

import (
	"reflect"
	"regexp"
	"strings"

	"dbbot/commands"
)

// unknown reports a setting that does not exist, with the one that was probably meant.
func (d *document) unknown(path string, known []string) {
	d.fault(path, "there is no such setting", "")
	f := &(*d.faults)[len(*d.faults)-1]
	f.Value = "" // whatever it is, it may be a secret
	name := path[strings.LastIndex(path, ".")+1:]
	near := commands.Nearest(name, known)
	switch {
	case strings.Contains(name, "token") || strings.Contains(name, "password") || strings.Contains(name, "secret"):
		f.Fix = "Secrets never stand in the file: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN in the environment, and write ${NAME} inside URLs."
	case len(near) > 0:
		f.Fix = "Did you mean " + choice(near) + "?"
	default:
		f.Fix = "Known here: " + strings.Join(known, ", ") + "."
	}
}

// wrongType says what a setting should look like, from the Go type that the library could not fill. The rest of
// its message holds the beginning of the value and is not repeated.
func (d *document) wrongType(path, message string) {
	_, target, _ := strings.Cut(message, " into ")
	target = strings.TrimPrefix(target, "*")
	switch {
	case target == "time.Duration":
		d.fault(path, "is not a duration", "Write a number with its unit: 1s, 90s, 30m or 1h30m.")
	case strings.HasPrefix(target, "int") || strings.HasPrefix(target, "uint"):
		d.fault(path, "is not a whole number", "Write digits alone, without a unit.")
	case strings.HasPrefix(target, "float"):
		d.fault(path, "is not a number", "Write digits, with a point where needed.")
	case target == "bool":
		d.fault(path, "is neither true nor false", "Write true or false.")
	case strings.HasPrefix(target, "[]"):
		d.fault(path, "is not a list", "Write [one, two], or each item on a line of its own that begins with a dash.")
	case target == "string" || target == "ops.Secret":
		d.fault(path, "is not a single value", "Write one value behind the colon.")
	default:
		d.fault(path, "is a single value where settings with names belong", "Compare it with what `dbbot example` prints.")
	}
}

var pathStep = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// knownFields are the settings that exist beside the one at path, by walking the type that is filled from base.
func (d *document) knownFields(path, base string, t reflect.Type) (names []string) {
	steps := pathStep.FindAllString(strings.TrimPrefix(path, base), -1)
	for _, name := range steps[:max(len(steps)-1, 0)] {
		t = below(t, name)
	}
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		if name := fieldName(t.Field(i)); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

func below(t reflect.Type, name string) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return nil
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return t.Elem()
	case reflect.Struct:
		var rest reflect.Type
		for i := range t.NumField() {
			if fieldName(t.Field(i)) == name {
				return t.Field(i).Type
			}
			if t.Field(i).Type.Kind() == reflect.Map {
				rest = t.Field(i).Type.Elem() // a policy entry gathers its rules in a map
			}
		}
		return rest
	}
	return nil
}

func fieldName(f reflect.StructField) string {
	if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" {
		return name
	}
	return strings.ToLower(f.Name) // as the library does
}
