package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dbbot/commands"
	"dbbot/ops"
)

// enter ends repeats, turns away what waited for its turn until there is no time left to answer it, and who asks too much.
func (r *request) enter(key string) error {
	if !r.bot.Coordinator.First(r.ctx, key) {
		return errRepeat
	}
	if deadline, _ := r.ctx.Deadline(); time.Until(deadline) < lookupBound {
		return errWaited // less is not enough to find out who asks
	}
	return r.allow()
}

// allow slows down who asks too much.
func (r *request) allow() error {
	if wait := r.bot.Coordinator.Allow(r.ctx, r.who); wait > 0 {
		return stop(limited, "That was a lot at once.", fmt.Sprintf("Try again in %d s.", (wait+time.Second-1)/time.Second))
	}
	return nil
}

// said is an answer, and which databases it tells about.
type said struct {
	view commands.View
	read []ops.Target
}

// consult is the road itself: who is it, what do they want, may they, and only then the answer.
func (r *request) consult(words string) (said, error) {
	may, err := r.authorise(words)
	if err != nil {
		return said{}, err
	}
	return r.read(may)
}

// read gets the answer, and says what of the question it does not tell about.
func (r *request) read(may granted) (said, error) {
	view, err := r.answer(may.call, may.asker, may.on)
	if err != nil {
		return said{}, err
	}
	view.Notes = append(view.Notes, may.leftOut...)
	return said{view, may.on}, nil
}

// granted is what somebody asked for and may have.
type granted struct {
	call    commands.Call
	asker   commands.Asker
	on      []ops.Target
	leftOut []commands.Text // the databases that they meant and may not read, with the reasons
}

// authorise understands the words and asks the policy about every database they mean. Strangers are refused before
// their words are looked at: even a suggestion would tell them what there is.
func (r *request) authorise(words string) (granted, error) {
	asker, admitted := r.bot.people.asker(r.ctx, r.who)
	if !admitted.Allowed {
		return granted{}, stop(refused, admitted.Why, "")
	}
	call, err := r.find(words)
	if err != nil {
		return granted{}, err
	}
	g := granted{call: call, asker: asker}
	first := ""
	for _, target := range call.Targets {
		allowed, why := asker.May(call.Risk, target)
		if allowed {
			g.on = append(g.on, target)
			continue
		}
		if first == "" {
			first = why
		}
		g.leftOut = append(g.leftOut, commands.Say("Left out: "+target.Database+". "+why))
	}
	if len(g.on) == 0 && len(call.Targets) > 0 {
		return granted{}, stop(refused, first, "/db whoami shows what you may do.")
	}
	return g, nil
}

// within narrows it to what others see already: a press shows a channel no more than whoever shared the answer did, and
// who may not read all of it does not take the rest from the others.
func (g granted) within(shown []ops.Target) (granted, error) {
	for _, target := range shown {
		if !slices.Contains(g.on, target) {
			return g, stop(refused, "This answer tells about "+target.Database+", which you may not read.", "/db whoami shows what you may do.")
		}
	}
	g.on, g.leftOut = shown, nil
	for _, target := range g.call.Targets {
		if !slices.Contains(shown, target) {
			g.leftOut = append(g.leftOut, commands.Say("Left out: "+target.Database+", as when this was shared."))
		}
	}
	return g, nil
}

// public authorises what a whole channel sees, or is about to: all of it, and this channel.
func (r *request) public(shown kept) (granted, error) {
	g, err := r.authorise(shown.Words)
	if err == nil {
		g, err = g.within(shown.Read)
	}
	if err == nil {
		err = r.among()
	}
	return g, err
}

// among refuses channels that people of another organisation read, and those of which that cannot be told: an answer
// may hold statements and names of roles.
func (r *request) among() error {
	ctx, cancel := context.WithTimeout(r.ctx, lookupBound)
	defer cancel()
	switch outsiders, err := r.bot.Directory.Outsiders(ctx, r.origin.Channel); {
	case err != nil:
		return &stopped{refused, err}
	case outsiders:
		return errOthersRead
	}
	return nil
}

// find looks the words of a question up in the catalogue. A Change comes here at a terminal alone (see First).
func (r *request) find(words string) (commands.Call, error) {
	call, err := r.bot.Catalogue.Find(words)
	if err != nil {
		return call, &stopped{misunderstood, err}
	}
	r.command = call.Path
	if call.Answer == nil {
		return call, errTerminal
	}
	return call, nil
}
