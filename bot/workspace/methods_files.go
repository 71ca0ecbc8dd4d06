package workspace

import (
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"unicode/utf8"
)

const (
	maxAltText   = 1000 // code points of alt_txt
	uploadsAhead = 100  // files announced and not yet complete
)

func itoa(n int) string { return strconv.Itoa(n) }

// getUploadURL is the first step of an upload: it announces name and length. The URL has the host of the API, because
// clients send their token nowhere else.
func getUploadURL(s *Server, r *request) (fields, error) {
	name := r.text("filename")
	length, err := strconv.Atoi(r.text("length"))
	switch {
	case name == "", err != nil || length <= 0:
		return nil, fail("invalid_arguments")
	case int64(length) > s.cfg.Limits.FileBytes:
		return nil, fail("file_upload_size_restricted")
	case utf8.RuneCountInString(r.text("alt_txt")) > maxAltText:
		return nil, fail("alt_txt_too_large")
	}
	for id, f := range s.files.uploads { // at most uploadsAhead
		if s.now().After(f.expires) || len(s.files.uploads) >= uploadsAhead {
			delete(s.files.uploads, id)
		}
	}
	f := &file{
		id: s.id("F"), name: path.Base(name), title: path.Base(name), alt: r.text("alt_txt"), snippet: r.text("snippet_type"),
		app: r.app, user: r.app.BotUser, announced: length, created: s.now(), expires: s.now().Add(s.cfg.Periods.Upload), channels: []string{},
	}
	id := secret()
	s.files.uploads[id] = f
	return fields{"upload_url": r.base + "/upload/" + id, "file_id": f.id}, nil
}

// completeUpload shares files that were uploaded; each can be completed once.
func completeUpload(s *Server, r *request) (fields, error) {
	raw, err := r.structure("files")
	if err != nil {
		return nil, err
	}
	var wanted []struct{ ID, Title string }
	if json.Unmarshal(raw, &wanted) != nil || len(wanted) == 0 {
		return nil, fail("invalid_arguments")
	}
	var c *channel
	if r.has("channel_id") {
		if c, err = s.writable(r, "channel_id"); err != nil {
			return nil, err
		}
	}
	m := r.app.message(s)
	if c != nil {
		if err := s.thread(c, m, r.text("thread_ts"), false); err != nil {
			return nil, err
		}
	}
	var done []*file
	for _, want := range wanted {
		f := s.files.byID[want.ID]
		if f == nil || f.app != r.app || !f.arrived || f.complete {
			return nil, fail("file_not_found")
		}
		if want.Title != "" {
			f.title = want.Title
		}
		done = append(done, f)
	}
	out := []fields{}
	for _, f := range done {
		f.complete = true
		if c != nil {
			f.channels = append(f.channels, c.ID)
		}
		out = append(out, f.wire(r.base))
	}
	if c != nil {
		m.Text, m.Files, m.Upload = r.text("initial_comment"), out, true
		s.post(c, m)
	}
	return fields{"files": out}, nil
}

// filesInfo knows completed files only.
func filesInfo(s *Server, r *request) (fields, error) {
	f := s.files.byID[r.text("file")]
	if f == nil || !f.complete {
		return nil, fail("file_not_found")
	}
	return fields{"file": f.wire(r.base), "comments": []fields{}}, nil
}

// filesDelete takes away a file of the app's own; messages keep its card, as at Slack.
func filesDelete(s *Server, r *request) (fields, error) {
	f := s.files.byID[r.text("file")]
	switch {
	case f == nil || !f.complete:
		return nil, fail("file_not_found")
	case f.app != r.app:
		return nil, fail("cant_delete_file")
	}
	s.files.drop(f)
	return nil, nil
}

// servePageFile takes a file from the page, for a file_input: a form with as, channel and file.
func (s *Server) servePageFile(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, s.cfg.Limits.FileBytes)
	upload, header, err := r.FormFile("file")
	if err != nil {
		writeJSON(w, nil, fail("no_file_data"))
		return
	}
	defer r.MultipartForm.RemoveAll()
	defer upload.Close()
	content := make([]byte, header.Size)
	if _, err := upload.ReadAt(content, 0); err != nil && header.Size > 0 {
		writeJSON(w, nil, fail("no_file_data"))
		return
	}
	s.mu.Lock()
	p, err := s.person(r.FormValue("as"))
	if err != nil {
		s.mu.Unlock()
		writeJSON(w, nil, err)
		return
	}
	name := path.Base(header.Filename)
	f := &file{id: s.id("F"), name: name, title: name, user: p.ID, kind: kindOf(name, content), created: s.now(), complete: true, channels: []string{}}
	s.files.hold(f, content)
	out := f.wire(baseOf(r))
	s.mu.Unlock()
	writeJSON(w, fields{"file": out}, nil)
}
