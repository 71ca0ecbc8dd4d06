package main

import (
	"context"
	_ "embed"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"dbbot/bot/workspace"
	"dbbot/ops"

	"github.com/alicebob/miniredis/v2"
)

// manifest is the app's, as Slack gets it; a test keeps it equal to the one at the top of the module.
//
//go:embed manifest.yml
var manifest []byte

// usualPort of the page, so that a bookmark works twice.
const usualPort = "8484"

// town is the local workspace, and the app's tokens in it.
type town struct {
	page               string // its address, with a slash at the end
	botToken, appToken ops.Secret
}

func (d *demo) startWorkspace(listener net.Listener) (town, error) {
	config, err := workspace.Load(workspace.Source{Name: "manifest.yml", Text: manifest}, workspace.DefaultSeed())
	if err != nil {
		return town{}, err
	}
	space := workspace.New(config)
	server := &http.Server{Handler: space.Handler(), ReadHeaderTimeout: headerWithin}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	d.later(func() error {
		space.Close()
		err := server.Close()
		<-ended
		return err
	})
	t := town{
		page:     "http://" + listener.Addr().String() + "/",
		botToken: ops.Secret(config.Apps[0].BotToken), appToken: ops.Secret(config.Apps[0].AppToken),
	}
	d.say("a workspace, %s, with %d people in it: %s", config.Team.Name, len(config.People), t.page)
	return t, nil
}

// pageListener takes the port that was asked for, or the usual one, or any.
func pageListener(port uint16) (net.Listener, error) {
	if port != 0 {
		wanted := strconv.Itoa(int(port))
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", wanted))
		if err != nil {
			return nil, &ops.Error{Message: "Port " + wanted + " cannot be used: " + lastOf(err) + ".", Hint: "Choose another with --port, or leave it out.", Cause: err}
		}
		return l, nil
	}
	if l, err := net.Listen("tcp", "127.0.0.1:"+usualPort); err == nil {
		return l, nil
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// clockTick is how often the embedded Redis is told that time has passed: its keys do not expire by themselves.
const clockTick = 100 * time.Millisecond

// startRedis runs a Redis inside this process, unless REDIS_URL names another.
func (d *demo) startRedis(ctx context.Context) (ops.Secret, error) {
	if url, set := d.process.env("REDIS_URL"); set && url != "" {
		d.say("Redis as REDIS_URL says")
		return ops.Secret(url), nil
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return "", err
	}
	d.later(func() error { server.Close(); return nil })
	d.group.Go(func() error {
		for last := time.Now(); ctx.Err() == nil; {
			pause(ctx, clockTick)
			now := time.Now()
			server.FastForward(now.Sub(last))
			last = now
		}
		return nil
	})
	d.say("Redis inside this process on %s", server.Addr())
	return ops.Secret("redis://" + server.Addr() + "/0"), nil
}

// wire connects the bot to all of it, over the same code as serve.
func (s *shop) wire(errs io.Writer, redis ops.Secret, at town) (*app, net.Listener, error) {
	config, err := s.configure(redis, at)
	if err != nil {
		return nil, nil, err
	}
	a, err := wire(config, newLog(errs, config.Log), true)
	if err != nil {
		return nil, nil, err
	}
	listener, err := listen(config.HTTP.Listen)
	return a, listener, err
}
