package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dbbot/ops"
	"dbbot/ops/policy"
)

var errSlackDown = errors.New("slack: 503")

// rights says what the corner shop's people hear to "may you read orders?".
func rights(w *world, user string) string {
	asker, admitted := w.people.asker(context.Background(), id(user))
	if !admitted.Allowed {
		return "stranger: " + admitted.Why
	}
	allowed, why := asker.May(ops.Read, orders)
	return fmt.Sprint(allowed, " ", asker.Groups, " ", why)
}

func TestPeopleAreBelievedForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		same(t, "ana", rights(w, "U0ANA"), "true [engineers] ")
		lookups := w.directory.lookups
		w.directory.err = errSlackDown
		time.Sleep(freshFor - time.Second)
		same(t, "within a minute", rights(w, "U0ANA"), "true [engineers] ")
		if w.directory.lookups != lookups {
			t.Errorf("%d more lookups within a minute", w.directory.lookups-lookups)
		}
		time.Sleep(2 * time.Second)
		if got := rights(w, "U0ANA"); !strings.HasPrefix(got, "stranger: ") || !strings.Contains(got, "could not be read") {
			t.Errorf("after a minute, with the directory down: %s", got)
		}
		w.directory.err = nil
		same(t, "when it is back", rights(w, "U0ANA"), "true [engineers] ")
	})
}

// What is older than a minute may only refuse, and then with the reason it had.
func TestAnOldEntryMayOnlyRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		guest := rights(w, "U0GUS")
		rights(w, "U0ANA")
		w.directory.err = errSlackDown
		time.Sleep(time.Hour)
		same(t, "a guest stays one", rights(w, "U0GUS"), guest)
		if got := rights(w, "U0ANA"); got == guest || !strings.HasPrefix(got, "stranger: ") {
			t.Errorf("a member cannot be told any more: %s", got)
		}
	})
}

func TestAnOldRosterAllowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		rights(w, "U0ANA")
		time.Sleep(2 * freshFor)
		read := w.people.rosters.read
		w.people.rosters.read = func(ctx context.Context, id string) ([]string, error) {
			if id == "S0ENGINEER" {
				return nil, errSlackDown
			}
			return read(ctx, id)
		}
		if got := rights(w, "U0ANA"); !strings.HasPrefix(got, "false [] ") || !strings.Contains(got, "user groups could not be read") {
			t.Errorf("got %s", got)
		}
	})
}

// A directory that hangs costs a second, for everybody who waits for it together.
func TestAHangingDirectoryIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.directory.hang = true
		begun := time.Now()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if got := rights(w, "U0ANA"); !strings.Contains(got, "could not be read") {
					t.Errorf("got %s", got)
				}
			})
		}
		all.Wait()
		if took := time.Since(begun); took != lookupBound {
			t.Errorf("took %s", took)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if w.directory.lookups != 2 { // the person and the roster, once each
			t.Errorf("%d lookups", w.directory.lookups)
		}
	})
}

func TestTheDirectoryAnswersAboutWhomWeAsked(t *testing.T) {
	w := newWorld(t)
	w.people.persons.read = func(context.Context, ops.PersonID) (ops.Person, error) {
		return ops.Person{ID: id("U0LEE"), Standing: ops.Member}, nil
	}
	if got := rights(w, "U0GUS"); !strings.HasPrefix(got, "stranger: ") {
		t.Errorf("somebody else's entry was believed: %s", got)
	}
}

func TestACacheIsBounded(t *testing.T) {
	c := newCache(newWorld(t).Log, func(_ context.Context, n int) (int, error) { return n, nil })
	for n := range maxKnown + 10 {
		if got, fresh := c.get(t.Context(), n); got != n || !fresh {
			t.Fatalf("%d: got %d, %v", n, got, fresh)
		}
	}
	if len(c.known) > maxKnown {
		t.Errorf("%d entries", len(c.known))
	}
}

func TestConsentInWords(t *testing.T) {
	tests := []struct {
		consent *policy.Consent
		want    string
	}{
		{nil, ""},
		{&policy.Consent{By: []string{"leads"}, Count: 1}, "when one of leads agrees"},
		{&policy.Consent{By: []string{"engineers", "leads"}, Count: 2}, "when 2 of engineers or leads agree"},
		{&policy.Consent{By: []string{"leads"}, Count: 2, BreakGlass: true}, "when 2 of leads agree, or one of them breaks the glass"},
		{&policy.Consent{By: []string{"leads"}, Count: 2, Alone: true}, ""},
	}
	for _, tt := range tests {
		same(t, "consent", consent(tt.consent), tt.want)
	}
	asker, _ := newWorld(t).people.asker(t.Context(), id("U0ANA"))
	if allowed, words := asker.May(ops.Change, orders); !allowed || words != "when one of leads agrees" {
		t.Errorf("ana may change orders: %v %q", allowed, words)
	}
	if lee, _ := newWorld(t).people.asker(t.Context(), id("U0LEE")); !slices.Equal(lee.Groups, []string{"leads"}) {
		t.Errorf("lee's groups: %q", lee.Groups)
	}
}
