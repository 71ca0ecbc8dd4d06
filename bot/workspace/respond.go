package workspace

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// answerURL lets an app answer one command or click without being in the channel: five times in thirty minutes.
type answerURL struct {
	id, path string
	app      *app
	person   *Person
	channel  *channel
	expires  time.Time
	uses     int
	command  bool     // of a slash command: there is no original message
	original *Message // the message whose button was pressed
}

// responsesKept bounds the response URLs that are remembered, in a workspace under load.
const responsesKept = 50_000

// openResponse makes a response URL. Callers hold mu.
func (s *Server) openResponse(a *app, p *Person, c *channel) *answerURL {
	id := secret()
	hook := &answerURL{id: id, path: "/hooks/" + id, app: a, person: p, channel: c, expires: s.now().Add(s.cfg.Periods.ResponseURL)}
	s.responses[id] = hook
	s.hooks.add(hook)
	return hook
}

// serveResponseURL takes an answer. Slack says "ok", or an error as JSON.
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	entry := &Call{Method: "response_url", Status: http.StatusOK}
	in, err := readArguments(r)
	if in.form.Has("payload") {
		err = in.readJSON(strings.NewReader(in.form.Get("payload")))
	}
	entry.Request = in.raw
	answered, drop := s.inject(w, r, entry, "", began)
	if answered {
		return
	}
	if err == nil {
		s.locked(func() { err = s.respond(r.PathValue("id"), in) })
	}
	body := reply(w.Header(), entry, nil, err, "")
	if err == nil {
		body = []byte("ok")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	s.record(entry, began, body)
	if drop {
		panic(http.ErrAbortHandler) // the connection breaks, though the answer was taken
	}
	w.WriteHeader(entry.Status)
	w.Write(body)
}

// respond does what an app asked for by a response URL. Callers hold mu.
func (s *Server) respond(id string, in *arguments) error {
	hook := s.responses[id]
	switch {
	case hook == nil:
		return &failure{code: "invalid_url", status: http.StatusNotFound}
	case s.now().After(hook.expires):
		return &failure{code: "expired_url", status: http.StatusNotFound}
	case hook.uses >= s.cfg.Limits.ResponseURLUses:
		return &failure{code: "used_url", status: http.StatusNotFound}
	}
	hook.uses++
	if in.yes("delete_original") {
		if hook.original == nil {
			return badRequest(fail("no_original_message"))
		}
		s.remove(hook.channel, hook.original)
		return nil
	}
	what, err := readContent(in)
	if err == nil && !what.says() {
		err = fail("no_text")
	}
	if err != nil {
		return badRequest(err)
	}
	if in.yes("replace_original") && hook.original != nil {
		s.rewrite(hook.channel, hook.original, what)
		return nil
	}
	_, err = s.answer(hook, in, what)
	return badRequest(err)
}

// answer posts a new message for a response URL or an ack: to the person alone unless it says in_channel.
func (s *Server) answer(hook *answerURL, in *arguments, what content) (*Message, error) {
	m := hook.app.message(s)
	what.into(m)
	if err := s.thread(hook.channel, m, in.text("thread_ts"), false); err != nil {
		return nil, err
	}
	switch in.text("response_type") {
	case "", "ephemeral":
		m.to = hook.person.ID
	case "in_channel":
	default:
		return nil, fail("invalid_response_type")
	}
	s.post(hook.channel, m)
	return m, nil
}

// respondToCommand shows what an ack of a slash command carried; most carry nothing.
func (s *Server) respondToCommand(hook *answerURL, payload json.RawMessage, line string) error {
	in := &arguments{}
	if len(payload) == 0 || string(payload) == "null" || string(payload) == "{}" {
		return nil
	}
	var text string
	if json.Unmarshal(payload, &text) == nil {
		in.json = map[string]json.RawMessage{"text": payload}
	} else if json.Unmarshal(payload, &in.json) != nil {
		return fail("invalid_command_response")
	}
	what, err := readContent(in)
	if err != nil {
		return err
	}
	if in.text("response_type") == "in_channel" {
		s.post(hook.channel, &Message{User: hook.person.ID, Team: hook.person.TeamID, Text: line})
	}
	if !what.says() {
		return nil
	}
	_, err = s.answer(hook, in, what)
	return err
}

// message begins a message of the app's bot.
func (a *app) message(s *Server) *Message {
	return &Message{User: a.BotUser, BotID: a.BotID, AppID: a.ID, Team: s.cfg.Team.ID}
}

// badRequest gives a refusal the HTTP status that response URLs answer with.
func badRequest(err error) error {
	var f *failure
	if !errors.As(err, &f) {
		return err
	}
	return &failure{code: f.code, extra: f.extra, status: http.StatusBadRequest}
}
