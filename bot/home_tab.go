package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/policy"
)

const (
	maxOpen   = 200            // open requests that are looked at for a home tab: the newest
	maxEnded  = 50             // of those that ended, to find some that this person may read
	recentFor = 24 * time.Hour // what is called recent
	maxInTab  = 8              // requests of one kind in a home tab: each takes two of Slack's blocks
)

// board is what is open and what ended of late, for everybody.
type board struct{ open, ended []approval.Request }

func readBoard(ctx context.Context, state approval.Store) (b board, err error) {
	b.open, err = state.List(ctx, approval.Filter{States: []approval.State{approval.Pending, approval.Approved, approval.Running}, Limit: maxOpen})
	if err != nil {
		return b, err
	}
	over := []approval.State{
		approval.Succeeded, approval.Failed, approval.Cancelled, approval.Interrupted,
		approval.Rejected, approval.Expired, approval.Withdrawn, approval.Invalidated,
	}
	b.ended, err = state.List(ctx, approval.Filter{States: over, Since: time.Now().Add(-recentFor), Limit: maxEnded})
	return b, err
}

// tab is what one person's home tab shows of requests.
type tab struct {
	state  State // nil: there are none to show
	fault  commands.Text
	groups []group
	tokens map[approval.ID]string
}

// group is requests that mean the same to this person.
type group struct {
	title string
	list  []row
}

// row is a request with what this person can do about it.
type row struct {
	request approval.Request
	buttons []string
}

// tabOf sorts the board for one person. What they may do is decided when they press; this chooses what is worth showing.
func (b *Bot) tabOf(all board, who ops.PersonID, in policy.Rosters) tab {
	groups := []group{{title: "Waits for you"}, {title: "You asked for"}, {title: "Runs now, or next"}, {title: "Of late"}}
	decide, asked, runs, late := &groups[0], &groups[1], &groups[2], &groups[3]
	mine := b.people.groups(who.User, in)
	reads := func(r approval.Request) bool {
		return b.Policy.Decide(ops.Person{ID: who, Standing: ops.Member}, who.Team, in, ops.Read, r.Target).Allowed
	}
	for _, r := range all.open {
		own, decides := r.Requester == who, slices.ContainsFunc(r.Terms.By, func(group string) bool {
			return group == policy.Everyone || slices.Contains(mine, group)
		})
		if r.Requester.Itself() {
			decides = b.Policy.Decide(ops.Person{ID: who, Standing: ops.Member}, who.Team, in, r.Risk, r.Target).Allowed
		}
		switch buttons := rowButtons(r, who, own, decides); {
		case !own && !reads(r):
		case r.State != approval.Pending:
			runs.add(r, buttons)
		case own:
			asked.add(r, buttons)
		case decides:
			decide.add(r, buttons)
		}
	}
	for _, r := range all.ended {
		if r.Requester == who || reads(r) {
			late.add(r, nil)
		}
	}
	return tab{groups: groups}
}

func (g *group) add(r approval.Request, buttons []string) { g.list = append(g.list, row{r, buttons}) }

// rowButtons are those of the card that this person could use.
func rowButtons(r approval.Request, who ops.PersonID, own, decides bool) (names []string) {
	for _, button := range cardButtons(r) {
		use := decides && !own
		switch button.Name {
		case commands.Approve:
			use = use && !slices.ContainsFunc(r.Votes, func(v approval.Vote) bool { return v.By == who && v.Agree })
		case commands.Withdraw:
			use = own
		case commands.Cancel:
			use = own || decides
		case commands.BreakGlass:
			use = false // it is announced to all, and so belongs where all see the card
		}
		if use {
			names = append(names, button.Name)
		}
	}
	return names
}

func (t tab) title() string {
	switch n := len(t.groups[0].list); n {
	case 0:
		return "Nothing waits for you"
	case 1:
		return "1 request waits for you"
	default:
		return fmt.Sprintf("%d requests wait for you", n)
	}
}

// parts are the groups that have something in them, each with as many of the newest as there is room for.
func (t tab) parts() (parts []commands.Part) {
	for _, g := range t.groups {
		if len(g.list) == 0 {
			continue
		}
		parts = append(parts, commands.Part{Section: &commands.Section{Title: g.title}})
		for _, row := range g.list[:min(len(g.list), maxInTab)] {
			section := commands.RequestSection(row.request, "")
			section.Buttons = t.buttons(row)
			parts = append(parts, commands.Part{Section: &section})
		}
		if more := len(g.list) - maxInTab; more > 0 {
			parts = append(parts, commands.Part{Section: &commands.Section{Summary: commands.Text{
				{Text: fmt.Sprintf("… and %s: ", ops.Count(more, "older one"))}, {Kind: commands.Literal, Text: "/db requests"},
			}}})
		}
	}
	return parts
}

func (t tab) buttons(row row) (buttons []commands.Button) {
	token := t.tokens[row.request.ID]
	if token == "" {
		return nil
	}
	for _, button := range cardButtons(row.request) {
		if slices.Contains(row.buttons, button.Name) {
			button.Token = token
			buttons = append(buttons, button)
		}
	}
	return buttons
}

// addTokens makes its buttons work, for this person alone; without them it shows none.
func (t *tab) addTokens(ctx context.Context, r *request, state State) {
	t.state = state
	var ids []approval.ID
	for _, g := range t.groups {
		for _, row := range g.list[:min(len(g.list), maxInTab)] {
			if len(row.buttons) > 0 {
				ids = append(ids, row.request.ID)
			}
		}
	}
	if len(ids) == 0 {
		return
	}
	var err error
	if t.tokens, err = state.HomeTokens(ctx, r.who, ids); err != nil {
		r.log.Warn("a home tab has no buttons", "error", causes(err))
		t.fault = commands.Say("The buttons are on the cards; they cannot be shown here now.")
	}
}

// digest names what is shown, but for how far a running change is: its card shows that.
func (t tab) digest() string {
	t.tokens = nil
	type shown struct {
		Parts   []commands.Part
		Buttons []string
	}
	all := shown{Parts: t.parts()}
	for _, g := range t.groups {
		for _, row := range g.list {
			all.Buttons = append(all.Buttons, row.buttons...)
		}
	}
	data, _ := json.Marshal(all) // plain data: cannot fail but for a year above 9999, where the digest is merely the same
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
