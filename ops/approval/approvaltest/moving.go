package approvaltest

import (
	"errors"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

var moving = []check{
	{"nobody's request", func(b *bench) {
		if _, err := b.Store.Get(b.Context(), 4242); !errors.Is(err, approval.ErrUnknown) {
			b.Errorf("get: %v", err)
		}
		if _, err := b.Store.Move(b.Context(), 4242, agree(lee)); !errors.Is(err, approval.ErrUnknown) {
			b.Errorf("move: %v", err)
		}
	}},
	{"a whole life is kept, step by step", func(b *bench) {
		other := b.made()
		r := b.made(by(2))
		r = step(b, r, agree(lee))
		r = step(b, r, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Remind(now) })
		r = step(b, r, agree(mia))
		r = step(b, r, claim(1))
		r = step(b, r, wait(r, other.ID))
		r = step(b, r, claim(2))
		r = step(b, r, start(r))
		r = step(b, r, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.AskCancel(ana, "not so\nlate “at night”", now)
		})
		r = step(b, r, func(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(3, now) })
		r = step(b, r, finish(r, approval.Cancelled))
		b.facts(r.ID, approval.Asked, approval.Voted, approval.Reminded, approval.Agreed, approval.Claimed, approval.Waits, approval.Claimed,
			approval.Began, approval.CancelWished, approval.TakenOver, approval.Finished)
	}},
	{"every other end is kept", func(b *bench) {
		glass := func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.BreakGlass(lee, "the shop is down", now)
		}
		step(b, b.made(), glass)
		step(b, b.made(), deny(lee, "not before the weekend"))
		step(b, b.made(), func(r approval.Request, now time.Time) (approval.Move, error) { return r.Withdraw(ana, now) })
		held := b.claimed()
		step(b, held, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.Invalidate(held.Fence, "Lee is no lead any more.", now)
		})
	}},
	{"a changed mind takes the place of the vote before", func(b *bench) {
		r := b.moved(b.moved(b.made(by(3)).ID, agree(lee)).ID, agree(mia))
		if r = step(b, r, deny(lee, "on second thoughts")); len(r.Votes) != 2 || r.Votes[0].By != lee.ID || r.Votes[0].Agree {
			b.Errorf("votes: %+v", r.Votes)
		}
	}},
	{"an error of act is given back and leaves no trace", func(b *bench) {
		r := b.made()
		b.Work(b)
		oops := errors.New("oops")
		_, err := b.Store.Move(b.Context(), r.ID, func(r approval.Request, now time.Time) (approval.Move, error) {
			m, _ := r.Vote(lee, true, "", now)
			return m, oops
		})
		if !errors.Is(err, oops) {
			b.Errorf("got %v", err)
		}
		_, err = b.Store.Move(b.Context(), r.ID, func(approval.Request, time.Time) (approval.Move, error) {
			return approval.Move{}, &ops.Error{Message: "The plan has changed."}
		})
		if marked, ok := errors.AsType[*ops.Error](err); !ok || marked.Message != "The plan has changed." {
			b.Errorf("got %v", err)
		}
		b.unchanged(r)
		b.facts(r.ID, approval.Asked)
		if codes, work := b.Refused(b), b.Work(b); len(codes)+len(work) > 0 {
			b.Errorf("refusals %q, in the queue %+v", codes, work)
		}
	}},
	{"a refusal changes nothing, and is in the audit", func(b *bench) {
		r := b.made()
		b.Work(b)
		got, err := b.Store.Move(b.Context(), r.ID, agree(ana))
		b.refusedWith(err, "own request")
		b.same("what is given back beside the refusal", got, r)
		b.unchanged(r)
		b.facts(r.ID, approval.Asked)
		if work := b.Work(b); len(work) > 0 {
			b.Errorf("in the queue: %+v", work)
		}
	}},
	{"an act that panics leaves no trace, and the next one is served", func(b *bench) {
		r := b.made()
		func() {
			defer func() { _ = recover() }() // whether the keeper lets it through is its own affair
			_, _ = b.Store.Move(b.Context(), r.ID, func(approval.Request, time.Time) (approval.Move, error) { panic("oops") })
		}()
		b.unchanged(r)
		step(b, r, agree(lee))
	}},
	{"the time that an act is given is the keeper's, and does not go back", func(b *bench) {
		r := b.made(by(3))
		last := r.Asked
		for _, who := range []approval.Voter{lee, mia} {
			before := b.Now()
			b.moved(r.ID, func(r approval.Request, now time.Time) (approval.Move, error) {
				if now.Before(before) || now.Before(last) || now.After(b.Now()) {
					b.Errorf("given %s; the last was %s, the clock says %s to %s", now, last, before, b.Now())
				}
				last = now
				return r.Vote(who, true, "", now)
			})
		}
	}},
	{"what is given out shares nothing with what is kept", func(b *bench) {
		r := b.moved(b.made(by(2)).ID, agree(lee))
		want := clone(r)
		r.Votes[0].Agree, r.Plan[0], r.Terms.By[0] = false, 'X', "everyone"
		b.unchanged(want)
	}},
}

// step makes a move, and holds what is kept against what the machine made of it.
func step(b *bench, r approval.Request, act approval.Act) approval.Request {
	b.Helper()
	var made approval.Request
	got, err := b.Store.Move(b.Context(), r.ID, func(now approval.Request, at time.Time) (approval.Move, error) {
		b.same("what act is given", now, r)
		m, err := act(now, at)
		made = m.After
		return m, err
	})
	if err != nil {
		b.Fatalf("after %s: %v", r.State, err)
	}
	b.same("what Move gives", got, made)
	b.same("what another process reads", peers(b, r.ID), made)
	return got
}
