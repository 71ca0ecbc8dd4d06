package approvaltest

import (
	"errors"
	"slices"
	"time"

	"dbbot/ops/approval"
)

var creating = []check{
	{"a new request is kept whole", func(b *bench) {
		r := b.wish(by(2))
		before := b.Now()
		var asked approval.Request
		got, created, err := b.Store.Create(b.Context(), func(now time.Time) (approval.Move, error) {
			m, err := approval.New(r, now)
			asked = m.After
			return m, err
		})
		if err != nil || !created || got.ID < 1 {
			b.Fatalf("created %v, id %d, %v", created, got.ID, err)
		}
		asked.ID = got.ID
		b.same("what Create gives", got, asked)
		b.same("what another process reads", peers(b, got.ID), asked)
		if got.Asked.Before(before.Add(-time.Second)) || got.Asked.After(b.Now()) {
			b.Errorf("asked at %s; the keeper's clock was %s before and is %s", got.Asked, before, b.Now())
		}
		b.facts(got.ID, approval.Asked)
	}},
	{"what waits for consent is put into the queue, to be reminded of and to expire", func(b *bench) {
		b.Work(b)
		r := b.made()
		for _, kind := range []approval.WorkKind{approval.ToRemind, approval.ToExpire} {
			i := slices.IndexFunc(b.Work(b), func(w approval.Work) bool { return w.Kind == kind && w.ID == int64(r.ID) })
			if i < 0 {
				b.Errorf("%s is not in the queue", kind)
			}
			r = b.made()
		}
	}},
	{"what needs nobody's consent is put into the queue at once", func(b *bench) {
		b.Work(b)
		if r := b.made(free); r.State != approval.Approved {
			b.Errorf("it is %s", r.State)
		} else {
			b.toRun(r.ID)
		}
	}},
	{"the same act makes one request, also when that one is over", func(b *bench) {
		first := b.wish()
		r, _, err := b.Store.Create(b.Context(), asking(first))
		if err != nil {
			b.Fatal(err)
		}
		again := b.wish(func(r *approval.Request) { r.Key = first.Key })
		b.returns(b.Peer, again, r)
		over := b.moved(r.ID, deny(lee, "no"))
		b.returns(b.Store, again, over)
	}},
	{"the same wish while one is open is that one", func(b *bench) {
		wish := b.wish()
		r, _, err := b.Store.Create(b.Context(), asking(wish))
		if err != nil {
			b.Fatal(err)
		}
		wish.Key, wish.Requester, wish.Reason = "another act", mia.ID, "me too"
		b.returns(b.Peer, wish, r)
		b.facts(r.ID, approval.Asked)
		b.returns(b.Store, wish, b.moved(r.ID, agree(lee)))

		b.moved(r.ID, deny(mia, "no"))
		wish.Key = "a third act"
		later, created, err := b.Store.Create(b.Context(), asking(wish))
		if err != nil || !created || later.ID <= r.ID {
			b.Errorf("once the first is over: created %v, %s, %v", created, later.ID, err)
		}
	}},
	{"another command, database or plan is another wish", func(b *bench) {
		like := b.wish()
		same := func(r *approval.Request) { r.Plan = like.Plan }
		first := b.made(same)
		for _, other := range []func(*approval.Request){
			func(r *approval.Request) { r.Command = "cancel" },
			func(r *approval.Request) { r.Server.System = "7999999999999999999" },
			on("billing"),
			func(r *approval.Request) { r.Plan = []byte(`{"pid":4343}`) },
		} {
			if r := b.made(same, other); r.ID == first.ID {
				b.Errorf("%+v is taken for %s", r.Server, first.ID)
			}
		}
	}},
	{"an error in asking leaves nothing", func(b *bench) {
		b.Work(b)
		oops := errors.New("oops")
		wish := b.wish()
		_, created, err := b.Store.Create(b.Context(), func(now time.Time) (approval.Move, error) {
			m, _ := approval.New(wish, now)
			return m, oops
		})
		if created || !errors.Is(err, oops) {
			b.Errorf("created %v, %v", created, err)
		}
		if all, err := b.Store.List(b.Context(), approval.Filter{}); err != nil || len(all) > 0 {
			b.Errorf("there are %d requests, %v", len(all), err)
		}
		if work := b.Work(b); len(work) > 0 {
			b.Errorf("in the queue: %+v", work)
		}
		if _, created, err = b.Store.Create(b.Context(), asking(wish)); err != nil || !created {
			b.Errorf("the same act again: created %v, %v", created, err)
		}
	}},
	{"the same wish asked by many at once is one request", func(b *bench) {
		wish, key := b.wish(), b.wish().Key
		ids := make([]approval.ID, 12)
		made := make([]bool, len(ids))
		errs := b.together(len(ids), func(i int, s approval.Store) error {
			mine := wish
			if i%3 > 0 { // some are the same act too
				mine.Key = key
			}
			r, created, err := s.Create(b.Context(), asking(mine))
			ids[i], made[i] = r.ID, created
			return err
		})
		if err := errors.Join(errs...); err != nil {
			b.Fatal(err)
		}
		slices.Sort(ids)
		if len(slices.Compact(ids)) != 1 || count(made, true) != 1 {
			b.Errorf("ids %v, created %v", ids, made)
		}
	}},
}

// returns says that asking for a wish gives an older request as it is, and makes none.
func (b *bench) returns(s approval.Store, wish, want approval.Request) {
	b.Helper()
	got, created, err := s.Create(b.Context(), asking(wish))
	if err != nil || created {
		b.Fatalf("created %v, %v", created, err)
	}
	b.same("what Create gives", got, want)
}

func peers(b *bench, id approval.ID) approval.Request {
	b.Helper()
	r, err := b.Peer.Get(b.Context(), id)
	if err != nil {
		b.Fatalf("get %s from the other process: %v", id, err)
	}
	return r
}

// facts says which events of a request the audit has, oldest first.
func (b *bench) facts(id approval.ID, want ...approval.Event) {
	b.Helper()
	if got := b.Events(b, id); !slices.Equal(got, want) {
		b.Errorf("the audit of %s has %q, want %q", id, got, want)
	}
}

// toRun says which requests were put into the queue to run since it was looked at last, in any order.
func (b *bench) toRun(want ...approval.ID) {
	b.Helper()
	var got []approval.ID
	for _, w := range b.Work(b) {
		if w.Kind == approval.ToRun {
			got = append(got, approval.ID(w.ID))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		b.Errorf("in the queue to run: %v, want %v", got, want)
	}
}

func count[T comparable](all []T, one T) (n int) {
	for _, x := range all {
		if x == one {
			n++
		}
	}
	return n
}
