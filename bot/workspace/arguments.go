package workspace

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// bodyLimit bounds the body of a Web API call: far above the largest message that Slack would take.
const bodyLimit = 4 << 20

// arguments are a call's arguments, however they were sent: as a form, as multipart or as JSON.
type arguments struct {
	form url.Values
	json map[string]json.RawMessage
	raw  string // for the log
	warn string // a warning about the way it was sent
}

// readArguments reads a call's body and query. What it returns can be logged even where there is an error.
func readArguments(r *http.Request) (*arguments, error) {
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(nil, r.Body, bodyLimit)
	in := &arguments{form: r.URL.Query()}
	switch media {
	case "application/json":
		if params["charset"] == "" {
			in.warn = "missing_charset"
		}
		return in, in.readJSON(r.Body)
	case "multipart/form-data":
		if err := r.ParseMultipartForm(bodyLimit); err != nil {
			return in, bodyFailure(err, "invalid_form_data")
		}
		defer r.MultipartForm.RemoveAll()
		in.form = r.Form
	default:
		if params["charset"] != "" && media == "application/x-www-form-urlencoded" {
			in.warn = "superfluous_charset"
		}
		if err := r.ParseForm(); err != nil {
			return in, bodyFailure(err, "invalid_form_data")
		}
		in.form = r.Form
	}
	in.raw = in.form.Encode()
	return in, nil
}

func (in *arguments) readJSON(body io.Reader) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return bodyFailure(err, "invalid_json")
	}
	in.raw = string(raw)
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &in.json); err != nil {
		if json.Valid(raw) {
			return fail("json_not_object")
		}
		return fail("invalid_json")
	}
	return nil
}

// bodyFailure is the error of a body that could not be read: too large, or broken in the way that code says.
func bodyFailure(err error, code string) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fail("request_too_large")
	}
	return fail(code)
}

// text is a string argument; numbers and booleans in JSON count as their text.
func (in *arguments) text(name string) string {
	raw, found := in.json[name]
	if !found {
		return in.form.Get(name)
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func (in *arguments) has(name string) bool {
	if raw, found := in.json[name]; found {
		return string(raw) != "null"
	}
	return in.form.Has(name)
}

func (in *arguments) yes(name string) bool {
	switch strings.ToLower(in.text(name)) {
	case "1", "true":
		return true
	}
	return false
}

// flag is a boolean that has a default.
func (in *arguments) flag(name string, otherwise bool) bool {
	if !in.has(name) {
		return otherwise
	}
	return in.yes(name)
}

// number is a whole number between 1 and most; otherwise where it is absent.
func (in *arguments) number(name string, otherwise, most int) (int, error) {
	if !in.has(name) || in.text(name) == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(in.text(name))
	if err != nil || n < 1 {
		return 0, fail("invalid_limit")
	}
	return min(n, most), nil
}

// raw is a structured argument: JSON in JSON, or JSON as a string, which forms always carry. Nil means absent or empty.
func (in *arguments) structure(name string) (json.RawMessage, error) {
	raw := in.json[name]
	if raw == nil || raw[0] == '"' {
		raw = json.RawMessage(strings.TrimSpace(in.text(name)))
	}
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if !json.Valid(raw) {
		return nil, fail("invalid_" + name + "_format")
	}
	return raw, nil
}

// list is a comma-separated argument, or an array in JSON.
func (in *arguments) list(name string) []string {
	var out []string
	if json.Unmarshal(in.json[name], &out) == nil && out != nil {
		return out
	}
	for item := range strings.SplitSeq(in.text(name), ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
