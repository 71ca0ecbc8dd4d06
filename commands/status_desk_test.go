package commands

import (
	"context"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/coord"
)

type fakeRedis struct {
	fakePinger
	info coord.Info
}

func (f fakeRedis) Info(context.Context) (coord.Info, error) { return f.info, f.err }

func TestRedisSection(t *testing.T) {
	for name, test := range map[string]struct {
		redis   redisInformer
		verdict Verdict
		says    string
	}{
		"none":                 {nil, Good, "played inside dbbot"},
		"says little":          {fakeRedis{}, Good, "it answers"},
		"down":                 {fakeRedis{fakePinger: fakePinger{&ops.Error{Message: "Redis refused the connection."}}}, Watch, "Redis refused the connection."},
		"loading":              {fakeRedis{info: coord.Info{Loading: true}}, Watch, "still reading its file"},
		"a replica":            {fakeRedis{info: coord.Info{Role: "slave"}}, Watch, "takes no writes"},
		"disk full":            {fakeRedis{info: coord.Info{WriteFailed: true}}, Watch, "could not write to its disk"},
		"crowded":              {fakeRedis{info: coord.Info{Rejected: 3}}, Watch, "refused 3 connections"},
		"one that will forget": {fakeRedis{info: coord.Info{MaxMemory: 1, Policy: "allkeys-lru"}}, Watch, "Once its memory is full"},
		"a cluster":            {fakeRedis{info: coord.Info{Nodes: 3, Role: "master"}}, Good, "a cluster of 3 masters"},
		"forgetful":            {fakeRedis{info: coord.Info{Evicted: 1}}, Watch, "thrown 1 key away"},
	} {
		t.Run(name, func(t *testing.T) {
			section := Toolbox{Redis: test.redis}.redis(t.Context())
			if text := strings.Join(section.lines(), " "); section.Verdict != test.verdict || !strings.Contains(text, test.says) {
				t.Errorf("got %s", text)
			}
		})
	}
}

// Of the chat the report says nothing while it is well: ping does.
func TestSelfNamesTheChatWhenItIsNotWell(t *testing.T) {
	for name, test := range map[string]struct {
		chat    ChatState
		verdict Verdict
		lines   int
	}{
		"well":           {ChatState{Open: 2, Wanted: 2}, Good, 0},
		"one socket off": {ChatState{Open: 1, Wanted: 2, Fault: "Slack closed a socket."}, Watch, 2},
	} {
		section := Toolbox{Chat: fakeChat(test.chat)}.self()
		if section.Verdict != test.verdict || len(section.Lines) != test.lines {
			t.Errorf("%s: got %s", name, section.lines())
		}
	}
}
