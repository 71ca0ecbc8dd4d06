package workspace

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func manifestOf(t *testing.T) Source {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return Source{"manifest.yml", raw}
}

// TestDefaultSeed: everybody whom the demo and the conversations speak of is there, and may be where they are.
func TestDefaultSeed(t *testing.T) {
	cfg, err := Load(manifestOf(t), DefaultSeed())
	if err != nil {
		t.Fatal(err)
	}
	var people, channels []string
	for _, p := range cfg.People {
		people = append(people, p.ID+" "+string(p.Kind))
	}
	for _, c := range cfg.Channels {
		channels = append(channels, c.ID+" "+c.Name+" "+string(c.Kind)+strings.Join(c.SharedWith, ""))
	}
	wantPeople := []string{"U0ANA ", "U0BEN ", "U0LEE ", "U0MIA ", "U0GUS guest", "U0SIA single_channel_guest", "U0DAN deleted", "U0EVE external"}
	if !slices.Equal(people, wantPeople) {
		t.Errorf("people %q", people)
	}
	wantChannels := []string{"C0GENERAL general ", "C0ORDERS orders ", "C0DBOPS db-ops ", "C0PARTNER partner T0OTHER", "G0LEADS leads private"}
	if !slices.Equal(channels, wantChannels) {
		t.Errorf("channels %q", channels)
	}
	app := cfg.Apps[0]
	if app.ID != "A0DBBOT" || app.BotUser != "U0DBBOT" || app.Commands[0].Command != "/db" || !app.Commands[0].ShouldEscape || !app.HomeTab || !app.Interactivity {
		t.Errorf("app %+v", app)
	}
	if cfg.Team.ID != "T0DEMO" || cfg.Team.Name != "Corner Shop" {
		t.Errorf("team %+v", cfg.Team)
	}
}

const goodManifest = `display_information: {name: shop}
features:
  bot_user: {display_name: shop}
  slash_commands:
    - {command: /shop, description: Ask}
oauth_config: {scopes: {bot: [commands, app_mentions:read]}}
settings:
  event_subscriptions: {bot_events: [app_mention]}
  socket_mode_enabled: true
`

const goodSeed = `team: {id: T1, name: Shop}
app: {id: A1, bot_user: U9, bot_token: xoxb-1, app_token: xapp-1}
people:
  - {id: U1, name: ana}
channels:
  - {id: C1, name: general, members: [U1, U9]}
`

func TestSeedFaults(t *testing.T) {
	for _, test := range []struct{ name, old, new, want string }{
		{"no id", "{id: T1,", "{id: t1,", "seed.yml:1: team.id \"t1\" is not an id"},
		{"a bad token", "xoxb-1", "secret", "seed.yml:2: app.bot_token must begin with xoxb-"},
		{"the tokens exchanged", "app_token: xapp-1", "app_token: xoxb-1", "seed.yml:2: app.app_token must begin with xapp-"},
		{"two of one id", "{id: A1, bot_user: U9", "{id: A1, bot_user: U1", "seed.yml:4: people[0].id \"U1\" is taken by app.bot_user"},
		{"an unknown kind", "name: ana}", "name: ana, kind: boss}", "seed.yml:4: people[0].kind \"boss\" is not known"},
		{"an external person without a team", "name: ana}", "name: ana, kind: external}", "seed.yml:4: people[0].team is needed for an external person"},
		{"a team nobody knows", "name: ana}", "name: ana, kind: external, team: T2}", "seed.yml:4: people[0].team \"T2\" is not a known team"},
		{"a time zone of nowhere", "name: ana}", "name: ana, tz: Mars}", "seed.yml:4: people[0].tz \"Mars\" is not a time zone"},
		{"a nameless person", "name: ana}", "title: x}", "seed.yml:4: people[0].name is missing"},
		{"a misspelt field", "name: ana}", "name: ana, tittle: x}", "seed.yml:4: tittle is not a known field"},
		{"a member who is nobody", "[U1, U9]", "[U1, U2]", "seed.yml:6: channels[0].members[1] \"U2\" is nobody here"},
		{"a channel with its mark", "name: general", "name: \"#general\"", "seed.yml:6: channels[0].name \"#general\" is not a channel name"},
		{"shared with nobody", "members: [U1, U9]}", "shared_with: [T9]}", "seed.yml:6: channels[0].shared_with[0] \"T9\" is not another team"},
		{"no YAML", "team: {", "team: {{", "seed.yml:2: did not find"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(goodSeed, test.old, test.new, 1)
			if text == goodSeed {
				t.Fatal("the test changes nothing")
			}
			expectFault(t, goodManifest, text, test.want)
		})
	}
}

func TestSeedGuests(t *testing.T) {
	const guests = `team: {id: T1, name: Shop}
teams: [{id: T2, name: Other}]
app: {id: A1, bot_user: U9, bot_token: xoxb-1, app_token: xapp-1}
people:
  - {id: U1, name: sia, kind: single_channel_guest}
  - {id: U2, name: eve, kind: external, team: T2}
  - {id: U3, name: eve, team: T2}
channels:
  - {id: C1, name: general, members: [U1, U2]}
  - {id: C2, name: general, members: [U1]}
`
	for _, want := range []string{
		"seed.yml:7: people[2].name \"eve\" stands twice",
		"seed.yml:7: people[2].kind must be external for a person of another team",
		"seed.yml:9: channels[0].members[1] \"U2\" is external, and the channel is not shared",
		"seed.yml:10: channels[1].name \"general\" stands twice",
		"seed.yml:10: channels[1].members[0] \"U1\" is a single-channel guest and is in another channel already",
	} {
		expectFault(t, goodManifest, guests, want)
	}
}

func TestManifestFaults(t *testing.T) {
	for _, test := range []struct{ name, old, new, want string }{
		{"a long name", "name: shop}", "name: " + strings.Repeat("x", 36) + "}", "manifest.yml:1: display_information.name has 36 characters"},
		{"no socket mode", "socket_mode_enabled: true", "socket_mode_enabled: false", "manifest.yml:9: settings.socket_mode_enabled must be true"},
		{"a command without its slash", "command: /shop", "command: shop", "manifest.yml:5: features.slash_commands[0].command \"shop\" is not a slash command"},
		{"a command that says nothing", ", description: Ask", "", "manifest.yml:5: features.slash_commands[0].description is missing"},
		{"commands without their scope", "[commands, app", "[app", "manifest.yml:6: oauth_config.scopes.bot lacks the scope of slash commands"},
		{"an event without its scope", ", app_mentions:read", "", "manifest.yml:8: settings.event_subscriptions.bot_events[0] app_mention needs the scope app_mentions:read"},
		{"a scope twice", "[commands,", "[commands, commands,", "manifest.yml:6: oauth_config.scopes.bot[1] \"commands\" stands twice"},
		{"a misspelt field", "bot_user:", "bot_usr:", "manifest.yml:3: bot_usr is not a known field"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(goodManifest, test.old, test.new, 1)
			if text == goodManifest {
				t.Fatal("the test changes nothing")
			}
			expectFault(t, text, goodSeed, test.want)
		})
	}
}

func expectFault(t *testing.T, manifest, seed, want string) {
	t.Helper()
	_, err := Load(Source{"manifest.yml", []byte(manifest)}, Source{"seed.yml", []byte(seed)})
	faults, ok := errors.AsType[ConfigFaults](err)
	if !ok {
		t.Fatalf("no fault, want %q", want)
	}
	for _, f := range faults {
		if strings.HasPrefix(f.String(), want) && f.Fix != "" {
			return
		}
	}
	t.Errorf("want %q among\n%v", want, err)
}

// TestAllFaultsAtOnce: five mistakes in two files are five sentences, and no token is repeated.
func TestAllFaultsAtOnce(t *testing.T) {
	seed := strings.NewReplacer("{id: T1,", "{id: 1,", "xoxb-1", "hunter2", "name: ana}", "name: ana, kind: boss}").Replace(goodSeed)
	manifest := strings.NewReplacer("socket_mode_enabled: true", "socket_mode_enabled: false", "/shop", "shop").Replace(goodManifest)
	_, err := Load(Source{"manifest.yml", []byte(manifest)}, Source{"seed.yml", []byte(seed)})
	faults, _ := errors.AsType[ConfigFaults](err)
	if len(faults) != 5 {
		t.Errorf("%d faults:\n%v", len(faults), err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("a token is repeated")
	}
}

// TestWrongKindsInWords: what the YAML library says of our types and of the file's text becomes plain words, and a
// token is not repeated.
func TestWrongKindsInWords(t *testing.T) {
	for text, want := range map[string]string{
		"free_plan: xoxb-hunter2":            "seed.yml:1: a text stands where true or false is wanted",
		"people: xoxb-hunter2":               "seed.yml:1: a text stands where a list is wanted",
		"people: [{admin: xoxb-hunter2}]":    "seed.yml:1: a text stands where true or false is wanted",
		"app: xoxb-hunter2":                  "seed.yml:1: a text stands where a set of fields is wanted",
		"app: {bot_token: [xoxb-hunter2]}":   "seed.yml:1: a list stands where a text is wanted",
		"app: {bot_token: *xoxb-hunter2}":    "seed.yml:1: unknown anchor … referenced",
		"free_plan: !xoxb-hunter2 x":         "seed.yml:1: something else stands where true or false is wanted",
		"team: {id: T1, id: T2}":             "seed.yml:1: mapping key \"id\" already defined at line 1",
		"app: {bot_token: \"xoxb-hunter2}\n": "seed.yml:2: found unexpected end of stream",
	} {
		_, err := Load(Source{"manifest.yml", []byte(goodManifest)}, Source{"seed.yml", []byte(text)})
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestEmptyFilesAreFaults(t *testing.T) {
	for _, text := range []string{"", "  \n", "# nothing\n"} {
		expectFault(t, text, goodSeed, "manifest.yml:1: the file is empty")
	}
}

// TestAnyYAMLIsAnswered: whatever stands in the files, there is a verdict and no panic.
func TestAnyYAMLIsAnswered(t *testing.T) {
	pieces := []string{"team:", "people:", "channels:", "- ", "{", "}", "[", "]", "id: T1", "name: x", ", ", "\n", "\n  ", "&a ", "*a", "features:", "slash_commands:", "null", "\x00", "---\n"}
	rapid.Check(t, func(rt *rapid.T) {
		text := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(rt, "pieces"), ""))
		if _, err := Load(Source{"m", text}, Source{"s", text}); err == nil {
			rt.Fatal("nonsense is accepted")
		}
	})
}
