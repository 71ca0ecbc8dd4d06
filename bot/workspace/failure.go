package workspace

import (
	"errors"
	"time"
)

// fields is a JSON object.
type fields map[string]any

// failure is an answer with ok=false: Slack's error code, and what stands beside it.
type failure struct {
	code   string
	extra  fields
	status int           // HTTP status; zero means 200, as Slack does
	retry  time.Duration // Retry-After
}

func (f *failure) Error() string { return f.code }

func fail(code string) error { return &failure{code: code} }

// failWith says the reasons in response_metadata.messages, as Slack does for invalid_blocks.
func failWith(code string, messages []string) error {
	return &failure{code: code, extra: fields{"errors": messages, "response_metadata": fields{"messages": messages}}}
}

// codeOf is the error code for people and logs.
func codeOf(err error) string {
	var f *failure
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.code
	default:
		return err.Error()
	}
}
