package main

import (
	_ "embed"
	"fmt"
)

// example is a whole configuration file with every setting explained.
//
//go:embed example.yml
var example string

type exampleCommand struct{}

// Run prints the example.
func (exampleCommand) Run(p *process) error {
	_, err := fmt.Fprint(p.out, example)
	return err
}
