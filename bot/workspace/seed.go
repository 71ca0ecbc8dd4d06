package workspace

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed seed.yml
var seedYAML []byte

// Source is a file as it was read; Name stands before its faults.
type Source struct {
	Name string
	Text []byte
}

// DefaultSeed is a small shop: engineers, leads, one guest of each kind, somebody who left and somebody from another
// organisation, with public, private and shared channels.
func DefaultSeed() Source { return Source{Name: "seed.yml", Text: seedYAML} }

// ConfigFault is one thing wrong with a manifest or a seed, where, and how to mend it.
type ConfigFault struct {
	File    string
	Line    int // from 1
	Problem string
	Fix     string
}

func (f ConfigFault) String() string {
	return fmt.Sprintf("%s:%d: %s\n    %s", f.File, f.Line, f.Problem, f.Fix)
}

// ConfigFaults are all faults of a manifest and a seed together.
type ConfigFaults []ConfigFault

// Error lists every fault with its line and its fix.
func (f ConfigFaults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Load makes a Config of a Slack app manifest (commands, scopes, events, Home tab) and a seed (team, people, user
// groups, channels, tokens). Its error is ConfigFaults: everything that is wrong in both files, at once.
func Load(manifest, seed Source) (Config, error) {
	m := &yamlFile{name: manifest.Name}
	app := readManifest(m, manifest.Text)
	s := &yamlFile{name: seed.Name}
	cfg := readSeed(s, seed.Text, app)
	if faults := slices.Concat(m.faults, s.faults); len(faults) > 0 {
		return Config{}, faults
	}
	return cfg, nil
}

// seedFile is the shape of the seed; its comments in seed.yml say what each part is.
type seedFile struct {
	Team  seedTeam   `yaml:"team"`
	Teams []seedTeam `yaml:"teams"`
	App   struct {
		ID       string `yaml:"id"`
		BotUser  string `yaml:"bot_user"`
		BotToken string `yaml:"bot_token"`
		AppToken string `yaml:"app_token"`
	} `yaml:"app"`
	People []struct {
		ID       string `yaml:"id"`
		Name     string `yaml:"name"`
		RealName string `yaml:"real_name"`
		Title    string `yaml:"title"`
		Email    string `yaml:"email"`
		Kind     Kind   `yaml:"kind"`
		Team     string `yaml:"team"`
		TZ       string `yaml:"tz"`
		Admin    bool   `yaml:"admin"`
	} `yaml:"people"`
	Usergroups []struct {
		ID     string   `yaml:"id"`
		Handle string   `yaml:"handle"`
		Name   string   `yaml:"name"`
		Users  []string `yaml:"users"`
	} `yaml:"usergroups"`
	Channels []struct {
		ID         string      `yaml:"id"`
		Name       string      `yaml:"name"`
		Kind       ChannelKind `yaml:"kind"`
		Topic      string      `yaml:"topic"`
		Purpose    string      `yaml:"purpose"`
		Members    []string    `yaml:"members"`
		SharedWith []string    `yaml:"shared_with"`
		Archived   bool        `yaml:"archived"`
	} `yaml:"channels"`
	FreePlan bool `yaml:"free_plan"` // a plan without user groups
}

type seedTeam struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Domain string `yaml:"domain"`
}

// readSeed decodes and checks the seed, and joins it with the app of the manifest.
func readSeed(d *yamlFile, text []byte, app App) Config {
	var in seedFile
	if !d.decode(text, &in) {
		return Config{}
	}
	d.checkSeed(&in)
	app.ID, app.BotUser, app.BotToken, app.AppToken = in.App.ID, in.App.BotUser, in.App.BotToken, in.App.AppToken
	cfg := Config{Team: Team(in.Team), FreePlan: in.FreePlan, Apps: []App{app}}
	for _, t := range in.Teams {
		cfg.Teams = append(cfg.Teams, Team(t))
	}
	for _, p := range in.People {
		cfg.People = append(cfg.People, Person{
			ID: p.ID, Name: p.Name, RealName: p.RealName, Title: p.Title, Email: p.Email,
			Kind: p.Kind, TeamID: p.Team, TZ: p.TZ, Admin: p.Admin,
		})
	}
	for _, g := range in.Usergroups {
		cfg.Usergroups = append(cfg.Usergroups, Usergroup(g))
	}
	for _, c := range in.Channels {
		cfg.Channels = append(cfg.Channels, Channel{
			ID: c.ID, Name: c.Name, Kind: c.Kind, Topic: c.Topic, Purpose: c.Purpose,
			Members: c.Members, SharedWith: c.SharedWith, Archived: c.Archived,
		})
	}
	return cfg
}
