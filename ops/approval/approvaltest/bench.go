package approvaltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// The people of the tests: Ana asks, leads decide.
var (
	ana = person("U0ANA")
	lee = person("U0LEE")
	mia = person("U0MIA")
)

func person(user string) approval.Voter {
	return approval.Voter{ID: ops.PersonID{Team: "T0DEMO", User: user}, Name: user, Entitled: user != "U0ANA"}
}

// bench is a test with a keeper, and words for what most tests do.
type bench struct {
	testing.TB
	Fixture
	wishes int
}

func newBench(t testing.TB, f Fixture) *bench {
	if f.Peer == nil {
		f.Peer = f.Store
	}
	return &bench{TB: t, Fixture: f}
}

// wish is a request that nobody has asked for yet, unlike all before it; it needs one lead.
func (b *bench) wish(edits ...func(*approval.Request)) approval.Request {
	b.wishes++
	r := approval.Request{
		Key: fmt.Sprintf("act-%d", b.wishes), Command: "migrate down", Words: "migrate down orders", Risk: ops.Destroy,
		Target:    ops.Target{Database: "orders", Environment: "production"},
		Server:    approval.Server{System: "7123456789012345678", Database: "orders"},
		Requester: ana.ID, Reason: "it blocks “checkout”\nsince noon", Origin: approval.Place{Channel: "C0ORDERS", Thread: "1700000000.000100"},
		Plan: fmt.Appendf(nil, `{ "pid":4242, "z":1, "a":"é", "wish":%d }`, b.wishes), Shown: []byte(`{"Title":"Terminate 4242"}`),
		Terms: approval.Terms{By: []string{"leads"}, Count: 1, Within: time.Hour, BreakGlass: true},
	}
	for _, edit := range edits {
		edit(&r)
	}
	r.Digest = approval.Digest(r.Command, r.Server, r.Plan)
	return r
}

func free(r *approval.Request)         { r.Terms = approval.Terms{} }
func by(n int) func(*approval.Request) { return func(r *approval.Request) { r.Terms.Count = n } }
func on(database string) func(*approval.Request) {
	return func(r *approval.Request) { r.Server.Database = database }
}

func alias(database string) func(*approval.Request) {
	return func(r *approval.Request) { r.Target.Database = database }
}

func asker(v approval.Voter) func(*approval.Request) {
	return func(r *approval.Request) { r.Requester = v.ID }
}

func asking(r approval.Request) func(time.Time) (approval.Move, error) {
	return func(now time.Time) (approval.Move, error) { return approval.New(r, now) }
}

// made keeps a wish.
func (b *bench) made(edits ...func(*approval.Request)) approval.Request {
	b.Helper()
	r, created, err := b.Store.Create(b.Context(), asking(b.wish(edits...)))
	if err != nil || !created {
		b.Fatalf("create: created %v, %v", created, err)
	}
	return r
}

// moved makes a move that must be possible.
func (b *bench) moved(id approval.ID, act approval.Act) approval.Request {
	b.Helper()
	r, err := b.Store.Move(b.Context(), id, act)
	if err != nil {
		b.Fatalf("move of %s: %v", id, err)
	}
	return r
}

// claimed is a new request that needs nobody's consent, in the hands of a worker.
func (b *bench) claimed(edits ...func(*approval.Request)) approval.Request {
	b.Helper()
	return b.moved(b.made(append([]func(*approval.Request){free}, edits...)...).ID, claim(7))
}

func (b *bench) started(edits ...func(*approval.Request)) approval.Request {
	b.Helper()
	r := b.claimed(edits...)
	return b.moved(r.ID, start(r))
}

func (b *bench) read(id approval.ID) approval.Request {
	b.Helper()
	r, err := b.Store.Get(b.Context(), id)
	if err != nil {
		b.Fatalf("get %s: %v", id, err)
	}
	return r
}

// unchanged says that what is kept is still r.
func (b *bench) unchanged(r approval.Request) {
	b.Helper()
	b.same("what is kept now", b.read(r.ID), r)
}

// same compares requests as data: times by their instant, and an empty list is none.
func (b *bench) same(what string, got, want approval.Request) {
	b.Helper()
	if g, w := plain(got), plain(want); !reflect.DeepEqual(g, w) {
		gotText, _ := json.MarshalIndent(g, "", " ")
		wantText, _ := json.MarshalIndent(w, "", " ")
		b.Errorf("%s:\n%s\nwant\n%s", what, gotText, wantText)
	}
}

func plain(r approval.Request) approval.Request {
	r = clone(r)
	times := []*time.Time{&r.Asked, &r.Expires, &r.Reminded, &r.Decided, &r.Started, &r.Ended, &r.Progress.At}
	if r.Cancel != nil {
		times = append(times, &r.Cancel.At)
	}
	for i := range r.Votes {
		times = append(times, &r.Votes[i].At)
	}
	for _, at := range times {
		if !at.IsZero() {
			*at = at.UTC().Round(time.Microsecond)
		}
	}
	r.Votes, r.Terms.By = append([]approval.Vote{}, r.Votes...), append([]string{}, r.Terms.By...)
	r.Plan, r.Shown, r.Outcome = append([]byte{}, r.Plan...), append([]byte{}, r.Shown...), append([]byte{}, r.Outcome...)
	return r
}

// refusedWith says that err is a refusal with this code, and that the audit has it as the last one.
func (b *bench) refusedWith(err error, code string) {
	b.Helper()
	refusal, refused := errors.AsType[*approval.Refusal](err)
	if !refused || refusal.Code != code {
		b.Errorf("got %v, want a refusal: %s", err, code)
		return
	}
	if codes := b.Refused(b); len(codes) == 0 || codes[len(codes)-1] != code {
		b.Errorf("the audit has the refusals %q, want %q at the end", codes, code)
	}
}

// together calls do n times at once, from both processes in turn, and gives what each got.
func (b *bench) together(n int, do func(i int, s approval.Store) error) []error {
	errs := make([]error, n)
	var ready, all sync.WaitGroup
	ready.Add(n)
	for i := range n {
		all.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = do(i, []approval.Store{b.Store, b.Peer}[i%2])
		})
	}
	all.Wait()
	return errs
}

// Acts of the tests.

func agree(v approval.Voter) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Vote(v, true, "", now) }
}

func deny(v approval.Voter, why string) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Vote(v, false, why, now) }
}

func claim(worker int64) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Claim(worker, now) }
}

func start(held approval.Request) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) {
		return r.Start(held.Fence, held.Digest, now)
	}
}

func wait(held approval.Request, holder approval.ID) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) { return r.Wait(held.Fence, holder, now) }
}

func finish(held approval.Request, state approval.State) approval.Act {
	return func(r approval.Request, now time.Time) (approval.Move, error) {
		return r.Finish(held.Fence, state, "", []byte(`{ "Title":"Done" }`), now)
	}
}
