package workspace

import "encoding/json"

// apiTest gives back what it was told, and the error it was asked for.
func apiTest(s *Server, r *request) (fields, error) {
	args := fields{}
	for name := range r.form {
		if name != "token" {
			args[name] = r.form.Get(name)
		}
	}
	for name, value := range r.json {
		args[name] = json.RawMessage(value)
	}
	if code := r.text("error"); code != "" {
		return fields{"args": args}, fail(code)
	}
	return fields{"args": args}, nil
}

// authTest says who a token is. An app token belongs to no person, so only the app is named.
func authTest(s *Server, r *request) (fields, error) {
	out := fields{"app_id": r.app.ID, "app_name": r.app.Name}
	if r.token == r.app.AppToken {
		return out, nil
	}
	bot := r.bot(s)
	return fields{
		"url": "https://" + s.cfg.Team.Domain + ".slack.com/", "team": s.cfg.Team.Name, "team_id": s.cfg.Team.ID,
		"user": bot.Name, "user_id": bot.ID, "bot_id": r.app.BotID, "is_enterprise_install": false,
	}, nil
}
