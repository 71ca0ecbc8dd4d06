package commands

import (
	"context"
	"testing"

	"dbbot/ops"
)

// ana is an engineer of the corner shop: she reads everything, and a lead must agree to her changes in production.
var ana = Asker{
	Person: ops.Person{ID: ops.PersonID{Team: "T0DEMO", User: "U0ANA"}, Name: "Ana", Standing: ops.Member},
	Groups: []string{"engineers"},
	May: func(risk ops.Risk, target ops.Target) (bool, string) {
		switch {
		case risk == ops.Destroy:
			return false, "Only leads may do what can lose data on " + target.Database + ". Ask one of them."
		case risk == ops.Change && target.Environment == "production":
			return true, "when 1 of leads agrees"
		}
		return true, ""
	},
}

// say asks a catalogue as Ana and gives the answer as text.
func say(t *testing.T, c Catalogue, line string) string {
	t.Helper()
	call, err := c.Find(line)
	if err != nil {
		t.Fatal(err)
	}
	view, err := call.Answer(context.Background(), ana, call.Targets)
	if err != nil {
		t.Fatal(err)
	}
	return view.Text() + "\n"
}

func TestHelp(t *testing.T) {
	golden(t, "help.golden", say(t, testCatalogue(shop...), "help"))
	golden(t, "help_migrate.golden", say(t, testCatalogue(shop...), "help migrate"))
	golden(t, "help_migrate_up.golden", say(t, testCatalogue(shop...), "help migrate up"))
	golden(t, "help_backup_show.golden", say(t, testCatalogue(shop...), "help backup show"))
	golden(t, "help_no_database.golden", say(t, testCatalogue(), "help status"))
}

func TestWhoami(t *testing.T) {
	golden(t, "whoami.golden", say(t, All(Toolbox{Databases: shop}), "whoami"))
}

func TestWhoamiWithoutGroups(t *testing.T) {
	loner := ana
	loner.Groups = nil
	view := introduce(loner, nil)
	if got := view.Parts[0].Section.Summary.String(); got != "none of dbbot's groups" {
		t.Errorf("got %q", got)
	}
}

// At a terminal nobody was looked up in Slack, and nothing of Slack is claimed.
func TestWhoamiAtATerminal(t *testing.T) {
	operator := ana
	operator.Terminal = true
	golden(t, "whoami_terminal.golden", introduce(operator, shop).Text()+"\n")
}
