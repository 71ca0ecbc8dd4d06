package bot

import (
	"crypto/rand"
	"encoding/json"
	"slices"

	"dbbot/commands"
	"dbbot/ops"
)

// kept is what a button's token stands for. It is kept where nobody can change it; the button carries nothing else.
type kept struct {
	Words string        // what was typed: Refresh asks it again
	Who   ops.PersonID  // whose answer it is
	View  commands.View // the answer as it is shown
	Read  []ops.Target  // the databases that the answer tells about
	By    string        // id of who shared it with a channel; empty while it is private
	Types bool          // it is no answer, but a button that types Words for whoever presses it
}

// newToken is random and has 130 bits: nobody guesses one.
func newToken() string { return rand.Text() }

// private makes an answer for one person's eyes. In a direct message there is nobody to share it with.
func (s said) private(words string, who ops.PersonID, direct bool) kept {
	if direct {
		s.view.Buttons = without(s.view.Buttons, commands.Share)
	}
	return kept{Words: words, Who: who, View: s.view, Read: s.read}
}

func without(buttons []commands.Button, name string) []commands.Button {
	return slices.DeleteFunc(slices.Clone(buttons), func(b commands.Button) bool { return b.Name == name })
}

// keep remembers what is about to be shown under a token, and makes it something to say.
func (r *request) keep(token string, k kept) Post {
	ctx, cancel := r.afterwards()
	defer cancel()
	post := Post{View: r.typing(ctx, k.View), By: k.By}
	if len(k.View.Buttons) == 0 {
		return post
	}
	value, err := json.Marshal(k)
	if err != nil { // plain data: cannot fail but for a year above 9999; then the buttons are too old at once
		r.log.Error("an answer could not be kept", "error", causes(err))
	}
	r.bot.Coordinator.Keep(ctx, token, value)
	post.Token = token
	return post
}

// recall looks up what a button stands for, and whether this person may press it.
func (r *request) recall(token string) (k kept, err error) {
	value, found := r.bot.Coordinator.Recall(r.ctx, token)
	if !found || json.Unmarshal(value, &k) != nil || k.Types {
		return k, errTooOld
	}
	if k.By == "" && k.Who != r.who {
		return k, errNotYours // Slack shows an answer to its asker alone; this did not come from Slack's client
	}
	return k, nil
}

// refresh asks again, as the person who presses, and puts the new answer in the old one's place. A shared one goes on
// telling about what it was shared with.
func (r *request) refresh(token string, was kept) (Post, error) {
	authorise := func() (granted, error) { return r.authorise(was.Words) }
	if was.By != "" {
		authorise = func() (granted, error) { return r.public(was) }
	}
	may, err := authorise()
	if err != nil {
		return Post{}, err
	}
	said, err := r.read(may)
	if err != nil {
		return Post{}, err
	}
	now := said.private(was.Words, was.Who, r.origin.Direct)
	if was.By != "" {
		now.By, now.View.Buttons = was.By, without(now.View.Buttons, commands.Share)
	}
	if was.By != "" && was.By != r.who.User {
		now.View.Notes = append(now.View.Notes, commands.Text{{Text: "Refreshed by "}, {Kind: commands.Mention, Text: r.who.User}})
	}
	return r.keep(token, now), nil
}

// share says the very answer that is shown to the channel, if the person may still read all that is in it.
func (r *request) share(_ string, was kept) (Post, error) {
	if _, err := r.public(was); err != nil {
		return Post{}, err
	}
	shared := was
	shared.By, shared.View.Buttons = r.who.User, without(was.View.Buttons, commands.Share)
	return r.keep(newToken(), shared), nil
}

func unknownButton(string, kept) (Post, error) { return Post{}, errUnknownButton }
