package workspace

import "net/http"

// Fault is something that goes wrong at the next calls of a method.
type Fault struct {
	Method string `json:"method"`
}

func (s *Server) inject(w http.ResponseWriter, r *http.Request, method string, entry *Call) bool {
	return false
}

func (s *Server) dropAfter(method string, entry *Call) bool { return false }
