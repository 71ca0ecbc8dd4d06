//go:build !linux

package script

// maxDepth is how many words of a statement may lie within one another: threads have 512 kB of stack on macOS, where
// 2 MB are enough for 4,000 on Linux.
const maxDepth = 700
