package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"dbbot/bot/workspace"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5"
)

// scene is one change from being typed to its end: Ana asks to end a session, Lee agrees. What people do when they see an
// error, they do here: type it again, press again.
type scene struct {
	h     *house
	state *pgx.Conn // looks at dbbot's own tables from outside
	pid   int
	id    int64
}

const where = "C0ORDERS"

func (h *house) look(t *testing.T) *pgx.Conn {
	t.Helper()
	return clustertest.Connect(t, h.world.state)
}

// victim opens a session that nobody will miss.
func (h *house) victim(t *testing.T) (pid int) {
	t.Helper()
	conn := clustertest.Connect(t, h.world.databases.application("reporting"))
	if err := conn.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// slash types a command as Ana does: again where Slack shows her an error, or where nothing came of it.
func (s *scene) ask(t *testing.T) {
	t.Helper()
	s.h.until(fmt.Sprintf("a request to terminate %d", s.pid), func() bool {
		if s.find(t) {
			return true
		}
		ctx, cancel := context.WithTimeout(t.Context(), truth)
		defer cancel()
		answer, err := s.h.space.Slash(ctx, "U0ANA", where, fmt.Sprintf("/db terminate %d reporting -- it is in the way", s.pid))
		if err != nil || answer.Outcome != workspace.Acked || len(answer.Response) > 2 {
			return false // Slack or dbbot said that it did not arrive: she types it again
		}
		for deadline := time.Now().Add(truth / 6); time.Now().Before(deadline); pause(t.Context(), 10*time.Millisecond) {
			if s.find(t) {
				return true
			}
		}
		return false // acked, and nobody took it on: dbbot tells her in a direct message, see the invariants
	})
}

func (s *scene) find(t *testing.T) bool {
	t.Helper()
	err := s.state.QueryRow(t.Context(), "SELECT id FROM dbbot.requests WHERE words LIKE $1 ORDER BY id DESC LIMIT 1",
		fmt.Sprintf("terminate %d %%", s.pid)).Scan(&s.id)
	return err == nil // before the first replica is there, not even the table is
}

func (s *scene) now(t *testing.T) (state string) {
	t.Helper()
	if err := s.state.QueryRow(t.Context(), "SELECT state FROM dbbot.requests WHERE id = $1", s.id).Scan(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

// agree presses Approve as Lee, until the request is no longer pending.
func (s *scene) agree(t *testing.T) {
	t.Helper()
	s.h.until(fmt.Sprintf("request %d is decided", s.id), func() bool {
		if s.now(t) != "pending" {
			return true
		}
		card, found := s.h.card(s.id)
		if !found {
			return false
		}
		button := buttonIn(card.Blocks, "Approve")
		if button == nil {
			return false
		}
		ctx, cancel := context.WithTimeout(t.Context(), truth)
		defer cancel()
		_, _ = s.h.space.Act(ctx, "U0LEE", card.Channel, card.TS, button) // what came of it is seen in the state
		return s.now(t) != "pending"
	})
}

var over = regexp.MustCompile(`^(succeeded|failed|cancelled|interrupted|rejected|expired|withdrawn|invalidated)$`)

// end waits until the request is over, and its card says so.
func (s *scene) end(t *testing.T) (state string) {
	t.Helper()
	s.h.until(fmt.Sprintf("request %d is over", s.id), func() bool { state = s.now(t); return over.MatchString(state) })
	s.h.until(fmt.Sprintf("the card of request %d says %s", s.id, state), func() bool {
		card, found := s.h.card(s.id)
		return found && strings.Contains(card.Text, state) && !decidable(string(card.Blocks))
	})
	return state
}

// decidable: something can be pressed on a card but for asking again.
func decidable(blocks string) bool {
	return strings.Count(blocks, `"type":"button"`) != strings.Count(blocks, `"action_id":"retry"`)
}

// card is the newest message in the channel that tells of the request.
func (h *house) card(id int64) (workspace.Message, bool) {
	if all := h.cards(id); len(all) > 0 {
		return all[len(all)-1], true
	}
	return workspace.Message{}, false
}

func (h *house) cards(id int64) (found []workspace.Message) {
	named := regexp.MustCompile(fmt.Sprintf(`#%d\b`, id))
	for _, m := range h.space.Messages(where, "") {
		first, _, _ := strings.Cut(m.Text, "\n")
		if m.User == h.world.bot && m.ThreadTS == "" && named.MatchString(first) {
			m.Channel = where
			found = append(found, m)
		}
	}
	return found
}
