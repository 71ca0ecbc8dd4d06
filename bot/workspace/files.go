package workspace

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// shelfBytes and shelfFiles bound all files together; the oldest go first.
const (
	shelfBytes = 256 << 20
	shelfFiles = 2000
)

// shelf is the files of the workspace, and the uploads under way.
type shelf struct {
	byID    map[string]*file
	uploads map[string]*file // by the secret of the upload URL
	order   []*file
	bytes   int
}

// file is an uploaded file, or one that is announced.
type file struct {
	id, name, title, alt, kind, snippet string
	app                                 *app
	user                                string
	announced                           int
	content                             []byte
	arrived, complete                   bool
	created                             time.Time
	expires                             time.Time
	channels                            []string
}

// hold keeps a file and its content, and lets the oldest files go where there is too much. Callers hold Server.mu.
func (f *shelf) hold(item *file, content []byte) {
	item.content, item.arrived = content, true
	f.byID[item.id] = item
	f.order = append(f.order, item)
	f.bytes += len(content)
	for (f.bytes > shelfBytes || len(f.order) > shelfFiles) && f.order[0] != item {
		f.drop(f.order[0])
	}
}

func (f *shelf) drop(item *file) {
	delete(f.byID, item.id)
	f.bytes -= len(item.content)
	for i := range f.order {
		if f.order[i] == item {
			f.order = append(f.order[:i:i], f.order[i+1:]...)
			return
		}
	}
}

// wire is the file as Slack writes it.
func (f *file) wire(base string) fields {
	link := base + "/files/" + f.id + "/" + url.PathEscape(path.Base(f.name))
	out := fields{
		"id": f.id, "created": f.created.Unix(), "timestamp": f.created.Unix(), "name": f.name, "title": f.title,
		"mimetype": f.kind, "filetype": strings.TrimPrefix(path.Ext(f.name), "."), "user": f.user, "size": len(f.content),
		"mode": "hosted", "is_external": false, "is_public": false, "editable": false, "url_private": link,
		"url_private_download": link, "permalink": link, "channels": f.channels,
	}
	if f.snippet != "" {
		out["mode"], out["filetype"] = "snippet", f.snippet
	}
	if f.alt != "" {
		out["alt_txt"] = f.alt
	}
	if strings.HasPrefix(f.kind, "image/") {
		out["thumb_360"] = link
	}
	return out
}

// announcedAt finds the file that an upload URL waits for.
func (s *Server) announcedAt(id string) *file {
	f := s.files.uploads[id]
	if f == nil || s.now().After(f.expires) {
		return nil
	}
	return f
}

// serveUpload takes the bytes of an announced file, raw or as multipart, once. It reads nothing that was not announced.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	var f *file
	s.locked(func() { f = s.announcedAt(id) })
	var content []byte
	var err error
	if f != nil {
		content, err = uploaded(w, r, s.cfg.Limits.FileBytes)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch f = s.announcedAt(id); {
	case f == nil:
		http.Error(w, "upload URL unknown, used or expired", http.StatusNotFound)
	case err != nil:
		http.Error(w, "the body could not be read", http.StatusBadRequest)
	case len(content) != f.announced:
		http.Error(w, "the length is not the one announced", http.StatusBadRequest)
	default:
		delete(s.files.uploads, id) // the shelf alone decides from here on how long it is kept
		s.files.hold(f, content)
		if f.kind == "" {
			f.kind = kindOf(f.name, content)
		}
		io.WriteString(w, "OK - "+itoa(len(content)))
	}
}

// uploaded reads the bytes of a file from a raw body, or from the first file of a multipart one.
func uploaded(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, most)
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "multipart/form-data" {
		return io.ReadAll(body)
	}
	r.Body = body
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, errors.New("no file in the form")
		}
		if part.FileName() != "" || part.FormName() == "file" {
			return io.ReadAll(part)
		}
	}
}

func kindOf(name string, content []byte) string {
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		kind, _, _ = strings.Cut(kind, ";")
		return kind
	}
	kind, _, _ := strings.Cut(http.DetectContentType(content), ";")
	return kind
}

// serveFile gives a file's bytes. Whatever it holds, a browser must not run it in the page's origin.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files.byID[r.PathValue("id")]
	s.mu.Unlock()
	if f == nil || !f.arrived {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", f.kind)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'")
	w.Write(f.content)
}
