package workspace

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"sync"
)

// The page lies in files by concern and is served as one document: nothing to build, nothing else to fetch.
//
//go:embed page/*.html page/*.css page/*.js
var pageSources embed.FS

// A pageDocument is the finished page and the policy a browser holds it to.
type pageDocument struct {
	body   []byte
	policy string
}

var thePage = sync.OnceValue(assemblePage)

// servePage answers GET /. The policy lets the page's own script and style run, by their digests, and lets it
// talk to nobody but this server, whatever a message says.
func servePage(w http.ResponseWriter, _ *http.Request) {
	page, header := thePage(), w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", page.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	_, _ = w.Write(page.body) // a reader that has gone needs no answer
}

// assemblePage puts styles and scripts, in the order of their names, into the document. The scripts share one
// function scope and begin when the document is there, so their order does not matter.
func assemblePage() pageDocument {
	style := joined("page/*.css")
	script := append(append([]byte("\"use strict\";(() => {\n"), joined("page/*.js")...), "})();\n"...)
	body := mustRead("page/index.html")
	body = bytes.Replace(body, []byte("/*style*/"), style, 1)
	body = bytes.Replace(body, []byte("/*script*/"), script, 1)
	policy := fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; img-src 'self' data:; connect-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", digestOf(script), digestOf(style))
	return pageDocument{body: body, policy: policy}
}

func joined(pattern string) []byte {
	names, err := fs.Glob(pageSources, pattern)
	if err != nil || len(names) == 0 {
		panic("workspace: no page sources " + pattern) // they are embedded: only a broken build comes here
	}
	var all []byte
	for _, name := range names {
		all = append(all, mustRead(name)...)
	}
	return all
}

func mustRead(name string) []byte {
	data, err := pageSources.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return data
}

// digestOf names a source as Content-Security-Policy wants it.
func digestOf(source []byte) string {
	sum := sha256.Sum256(source)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
