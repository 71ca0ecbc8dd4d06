package main

import _ "embed"

// example is a whole configuration file with every setting explained; `dbbot example` prints it.
//
//go:embed example.yml
var example string
