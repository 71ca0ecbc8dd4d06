package slack

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dbbot/bot/workspace"

	"github.com/santhosh-tekuri/jsonschema/v6"
	slackgo "github.com/slack-go/slack"
	"go.yaml.in/yaml/v4"
)

const manifestFile = "../../manifest.yml"

// TestManifestIsSlacks validates manifest.yml against the schema that Slack publishes, where it lies beside the checkout.
func TestManifestIsSlacks(t *testing.T) {
	f, err := os.Open("../../../shared/schemas/manifest.schema.1.0.0.json")
	if err != nil {
		t.Skip("the shared schemas are not beside this checkout")
	}
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(withoutLookahead)
	if err := c.AddResource("manifest.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest any
	if err := yaml.Load(manifestText(t), &manifest); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(manifest); err != nil {
		t.Error(err)
	}
}

// withoutLookahead compiles the schema's two patterns that Go's regular expressions cannot say; they are about domains,
// of which our manifest has none.
func withoutLookahead(pattern string) (jsonschema.Regexp, error) {
	return regexp.Compile(strings.Replace(pattern, `(?![\.\-])`, "", 1))
}

func manifestText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(manifestFile)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestManifestAsksForWhatIsUsed: the scopes and events of manifest.yml are those that this package needs, no fewer and
// no more, and the local workspace, which was written from Slack's documents and not from ours, asks for the same.
func TestManifestAsksForWhatIsUsed(t *testing.T) {
	cfg, err := workspace.Load(workspace.Source{Name: manifestFile, Text: manifestText(t)}, workspace.DefaultSeed())
	if err != nil {
		t.Fatal(err)
	}
	app := cfg.Apps[0]
	if got := slices.Sorted(slices.Values(app.Scopes)); !slices.Equal(got, Scopes()) {
		t.Errorf("manifest.yml asks for %q, the bot needs %q", got, Scopes())
	}
	if got := slices.Sorted(slices.Values(app.Events)); !slices.Equal(got, slices.Sorted(slices.Values(Events()))) {
		t.Errorf("manifest.yml subscribes to %q, the bot listens to %q", got, Events())
	}
	asked := workspace.Methods()
	for method, scope := range needs {
		scopes, known := asked[method]
		if strings.Contains(scope, " ") { // by the kind of channel: TestWhereOutsidersRead and TestFindNeedsItsScopes take each away
			continue
		}
		if strings.Contains(method, ".") && (!known || strings.Join(scopes, " ") != scope) {
			t.Errorf("%s needs %q here, the workspace asks for %q (known: %v)", method, scope, scopes, known)
		}
	}
}

// TestEveryCalledMethodIsCovered reads which methods of slack-go's client this package calls, finds out which Web API
// method each of them calls, and holds the table of needs to exactly these.
func TestEveryCalledMethodIsCovered(t *testing.T) {
	called := map[string]bool{}
	for _, name := range calledOnClient(t) {
		called[webMethod(t, name)] = true
	}
	delete(called, "apps.connections.open") // with the app-level token, which needs connections:write and no bot scope
	want := map[string]bool{}
	for name := range needs {
		if strings.Contains(name, ".") {
			want[name] = true
		}
	}
	if !maps.Equal(called, want) {
		t.Errorf("called %q, covered %q", slices.Sorted(maps.Keys(called)), slices.Sorted(maps.Keys(want)))
	}
}

// calledOnClient finds every selector in this package's sources that is the name of a call of slack-go's client.
func calledOnClient(t *testing.T) []string {
	t.Helper()
	client := reflect.TypeFor[*slackgo.Client]()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasSuffix(s.Sel.Name, "Context") {
				if _, exists := client.MethodByName(s.Sel.Name); exists && !slices.Contains(names, s.Sel.Name) {
					names = append(names, s.Sel.Name)
				}
			}
			return true
		})
	}
	if len(names) == 0 {
		t.Fatal("no call was found: this test looks in the wrong place")
	}
	return names
}

// filled is a value of a type with something in its texts and numbers, which slack-go may insist on.
func filled(kind reflect.Type) reflect.Value {
	value := reflect.New(kind).Elem()
	switch kind.Kind() {
	case reflect.String:
		value.SetString("x")
	case reflect.Pointer:
		value.Set(filled(kind.Elem()).Addr())
	case reflect.Struct:
		for i := range kind.NumField() {
			switch kind.Field(i).Type.Kind() {
			case reflect.String:
				value.Field(i).SetString("x")
			case reflect.Int:
				value.Field(i).SetInt(1)
			}
		}
	}
	return value
}

// webMethod calls slack-go with meaningless arguments against a server that notes which Web API method arrives.
func webMethod(t *testing.T, name string) string {
	t.Helper()
	arrived := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case arrived <- strings.TrimPrefix(r.URL.Path, "/"):
		default:
		}
		w.Write([]byte(`{"ok":false,"error":"noted"}`))
	}))
	defer server.Close()
	client := slackgo.New("xoxb-1", slackgo.OptionAppLevelToken("xapp-1"), slackgo.OptionAPIURL(server.URL+"/"))
	call := reflect.ValueOf(client).MethodByName(name)
	args := []reflect.Value{reflect.ValueOf(context.Background())}
	for i := 1; i < call.Type().NumIn() && !(call.Type().IsVariadic() && i == call.Type().NumIn()-1); i++ {
		args = append(args, filled(call.Type().In(i)))
	}
	call.Call(args)
	select {
	case method := <-arrived:
		return method
	default:
		t.Fatalf("%s sends nothing with meaningless arguments: say here which Web API method it is", name)
		return ""
	}
}
