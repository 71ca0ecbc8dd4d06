package workspace

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestThePageIsOneDocument(t *testing.T) {
	w := httptest.NewRecorder()
	servePage(w, httptest.NewRequest("GET", "/", nil))
	body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
	for _, left := range []string{"/*style*/", "/*script*/"} {
		if strings.Contains(body, left) {
			t.Errorf("%s was not filled in", left)
		}
	}
	script := body[strings.Index(body, "<script>")+len("<script>") : strings.Index(body, "</script>")]
	style := body[strings.Index(body, "<style>")+len("<style>") : strings.Index(body, "</style>")]
	for _, source := range []string{script, style} {
		if digest := digestOf([]byte(source)); !strings.Contains(policy, digest) {
			t.Errorf("the policy %q does not allow %s", policy, digest)
		}
	}
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	if !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
		t.Errorf("the document ends with %q", body[len(body)-40:])
	}
}

// What the sources may not hold: ways to load from elsewhere, and ways in which data could become markup or code.
var forbidden = map[string]*regexp.Regexp{
	"an address of another host to load": regexp.MustCompile(`(src|href)\s*=\s*["']?(https?:)?//|@import|url\(\s*["']?http`),
	"data as markup":                     regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|createContextualFragment`),
	"text as code":                       regexp.MustCompile(`\beval\(|new Function\b|setTimeout\(\s*["'` + "`" + `]`),
}

func TestThePagesSourcesLoadNothingAndTrustNothing(t *testing.T) {
	names, _ := filepath.Glob("page/*.*")
	if len(names) < 10 {
		t.Fatalf("only %d sources", len(names))
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for what, pattern := range forbidden {
			if found := pattern.Find(source); found != nil {
				t.Errorf("%s holds %s: %s", name, what, found)
			}
		}
		if lines := strings.Count(string(source), "\n"); lines > 300 {
			t.Errorf("%s has %d lines; split it", name, lines)
		}
	}
}

// A galleryMessage is a message of testdata/gallery.json; Judged "wrong" marks those that Slack would refuse, and that
// the page must survive all the same.
type galleryMessage struct {
	Message
	Judged string `json:"judged"`
}

func gallery(t testing.TB) []galleryMessage {
	t.Helper()
	var out []galleryMessage
	readTestdata(t, "page/testdata/gallery.json", &out)
	return out
}

func readTestdata(t testing.TB, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestTheGalleryIsWhatSlackWouldTake(t *testing.T) {
	for i, m := range gallery(t) {
		if m.Blocks == nil {
			continue
		}
		if faults := validateBlocks(SurfaceMessage, m.Blocks); (len(faults) > 0) != (m.Judged == "wrong") {
			t.Errorf("message %d: %q", i, faults)
		}
	}
	raw, err := os.ReadFile("page/testdata/modal.json")
	if err != nil {
		t.Fatal(err)
	}
	if faults := validateView(raw); len(faults) > 0 {
		t.Errorf("the modal: %q", faults)
	}
}

// The page must draw whatever the validator lets through: a type that is new there has to come into the gallery.
func TestTheGalleryHoldsEveryTypeThatIsAllowed(t *testing.T) {
	seen := map[string]bool{}
	typed := regexp.MustCompile(`"type":\s*"([a-z_]+)"`)
	for _, name := range []string{"gallery", "modal"} {
		raw, err := os.ReadFile("page/testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range typed.FindAllSubmatch(raw, -1) {
			seen[string(match[1])] = true
		}
	}
	for name := range blockShapes {
		if !seen[name] {
			t.Errorf("no block %s in the gallery", name)
		}
	}
	for name := range elementShapes {
		if !seen[name] {
			t.Errorf("no element %s in the gallery", name)
		}
	}
}
