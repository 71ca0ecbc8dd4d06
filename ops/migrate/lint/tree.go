package lint

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// walk visits every node of a tree, the root too.
func walk(n *pg.Node, visit func(*pg.Node)) {
	if n == nil {
		return
	}
	descend(n.ProtoReflect(), func(m protoreflect.Message) {
		if n, ok := m.Interface().(*pg.Node); ok {
			visit(n)
		}
	})
}

// descend visits a message and all below it.
func descend(m protoreflect.Message, visit func(protoreflect.Message)) {
	visit(m)
	m.Range(func(d protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case d.Message() == nil:
		case d.IsList():
			for i := range v.List().Len() {
				descend(v.List().Get(i).Message(), visit)
			}
		default:
			descend(v.Message(), visit)
		}
		return true
	})
}

func option(options []*pg.Node, name string) *pg.DefElem {
	for _, o := range options {
		if d := o.GetDefElem(); strings.EqualFold(d.GetDefname(), name) {
			return d
		}
	}
	return nil
}

func has(options []*pg.Node, name string) bool { return option(options, name) != nil }

// wanted reads a switch of a command, which is on where it is only named.
func wanted(options []*pg.Node, name string) bool {
	d := option(options, name)
	if d == nil {
		return false
	}
	if i := d.GetArg().GetInteger(); i != nil {
		return i.GetIval() != 0
	}
	switch strings.ToLower(d.GetArg().GetString_().GetSval()) {
	case "false", "off", "0", "no":
		return false
	}
	return true
}
