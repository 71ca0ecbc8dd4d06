package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"

	"dbbot/bot/slack"
	"dbbot/ops"
	"dbbot/ops/coord"
)

func (c Config) lookAtSlack(ctx context.Context) (out []finding) {
	if c.Slack.API != "" {
		out = append(out, finding{about: "Slack", grade: note, detail: "SLACK_API_URL is set: " + c.Slack.API + " is asked in place of Slack"})
	}
	client, err := slack.New(slack.Config{
		API: c.Slack.API, BotToken: c.Slack.BotToken, AppToken: c.Slack.AppToken, Team: c.Slack.Team,
	})
	if err != nil {
		return append(out, failed("Slack", err))
	}
	if who, err := client.Examine(ctx); err != nil {
		out = append(out, failedWith("SLACK_BOT_TOKEN", "Slack", err))
	} else {
		out = append(out, finding{about: "Slack", grade: fine, detail: fmt.Sprintf("workspace %s (%s), as user %s", who.TeamName, who.Team, who.BotUser)}, scopes(who))
	}
	if err := client.Connects(ctx); err != nil {
		return append(out, failedWith("SLACK_APP_TOKEN", "sockets", err))
	}
	return append(out, finding{about: "sockets", grade: fine, detail: "the app-level token opens connections"})
}

// failedWith says which of the two tokens it was.
func failedWith(token, about string, err error) finding {
	f := failed(about, err)
	f.detail += " Asked with " + token + "."
	return f
}

func scopes(who slack.Identity) finding {
	switch {
	case len(who.Scopes) == 0:
		return finding{about: "scopes", grade: warning, detail: "Slack did not say which scopes are granted", fix: "Compare the app with manifest.yml."}
	case len(who.Missing) > 0:
		return finding{
			about: "scopes", grade: wrong, detail: "missing " + strings.Join(who.Missing, ", "),
			fix: "Paste manifest.yml into the app's settings under App Manifest, and install the app again.",
		}
	}
	return finding{about: "scopes", grade: fine, detail: "all that are needed: " + strings.Join(slack.Scopes(), ", ")}
}

func (c Config) lookAtRedis(ctx context.Context) []finding {
	if c.Redis.URL == "" {
		return []finding{{about: "Redis", grade: note, detail: "none: limits and repeats are kept in this process, which is enough for one replica"}}
	}
	shared, err := coord.Open(c.Redis.URL, "", slog.New(slog.DiscardHandler))
	if err != nil {
		return []finding{failed("Redis", err)}
	}
	defer shared.Close()
	return append(reachRedis(ctx, shared), redisInTheClear(c.Redis.URL)...)
}

func reachRedis(ctx context.Context, shared *coord.Coord) []finding {
	info, err := shared.Info(ctx)
	if err != nil {
		f := failed("Redis", err)
		f.grade, f.detail = warning, f.detail+" Everything works without it, with limits kept per process."
		return []finding{f}
	}
	out := []finding{{about: "Redis", grade: fine, detail: "version " + info.Version}}
	if info.Policy != "" && info.Policy != "noeviction" {
		out = append(out, finding{
			about: "Redis", grade: warning, detail: "its maxmemory-policy is " + info.Policy + ", which may drop keys early",
			fix: "CONFIG SET maxmemory-policy noeviction",
		})
	}
	return out
}

// redisInTheClear warns where a password, or what is kept, crosses a network unencrypted.
func redisInTheClear(address ops.Secret) []finding {
	at, err := coord.Read(address)
	if err != nil || at.Encrypted || at.Local {
		return nil
	}
	abroad := slices.DeleteFunc(at.Hosts, func(hostPort string) bool {
		host, _, err := net.SplitHostPort(hostPort)
		return err != nil || loopback(host)
	})
	if len(abroad) == 0 {
		return nil
	}
	host, _, _ := net.SplitHostPort(abroad[0])
	f := finding{
		about: "Redis", grade: warning, detail: "the connection to " + host + " is not encrypted, and no password is asked for: whoever reaches it can change what is kept there",
		fix: "Give Redis a password, and write rediss:// in place of redis:// where the server speaks TLS.",
	}
	if at.Password {
		f.detail = "the connection to " + host + " is not encrypted: whoever is on the way can read the password"
		f.fix = "Write rediss:// in place of redis://, and turn TLS on at the server."
	}
	return []finding{f}
}

// failed turns an error into a finding; its cause is worth seeing here, where the operator sits.
func failed(about string, err error) finding {
	marked, ok := errors.AsType[*ops.Error](err)
	if !ok {
		return finding{about: about, grade: wrong, detail: err.Error()}
	}
	f := finding{about: about, grade: wrong, detail: marked.Message, fix: marked.Hint}
	if marked.Cause != nil {
		f.cause = onOneLine(withCause(marked.Cause))
	}
	return f
}

// onOneLine joins the lines of a driver's error: one for each attempt, which often failed in the same way.
func onOneLine(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(slices.Compact(lines), " ")
}
