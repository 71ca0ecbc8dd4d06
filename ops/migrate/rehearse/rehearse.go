// Package rehearse runs a migration in a scratch database made from the schema, and traces what it locks, rewrites and
// scans. It may import ops, ops/client and the packages of ops/migrate.
package rehearse
