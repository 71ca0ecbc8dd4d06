package migrate

import "bytes"

// Blank says how many bytes at the beginning of sql are white space and comments, as PostgreSQL understands them:
// comments between /* and */ nest, and one without an end goes on to the end.
func Blank(sql []byte) int {
	for i := 0; ; {
		rest := sql[i:]
		n := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n\f\v"))
		switch rest = rest[n:]; {
		case bytes.HasPrefix(rest, []byte("--")):
			if end := bytes.IndexAny(rest, "\r\n"); end >= 0 {
				n += end
			} else {
				n += len(rest)
			}
		case bytes.HasPrefix(rest, []byte("/*")):
			n += comment(rest)
		}
		if n == 0 {
			return i
		}
		i += n
	}
}

// Opening is where the first word of sql stands: behind white space, comments, and the semicolons of empty statements.
func Opening(sql []byte) int {
	for i := 0; ; i++ {
		i += Blank(sql[i:])
		if i == len(sql) || sql[i] != ';' {
			return i
		}
	}
}

// comment is how long the comment is that sql begins with.
func comment(sql []byte) int {
	depth := 0
	for i := 0; i+1 < len(sql); i++ {
		switch string(sql[i : i+2]) {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(sql)
}
