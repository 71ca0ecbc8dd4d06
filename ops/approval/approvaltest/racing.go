package approvaltest

import (
	"errors"
	"fmt"
	"slices"

	"dbbot/ops/approval"
)

// crowd is how many press at once: more than a keeper has connections, most likely.
const crowd = 12

var racing = []check{
	{"many agree at once: as many as are needed count, the others hear that they are late", func(b *bench) {
		const needed = crowd / 2
		r := b.made(by(needed))
		b.Work(b)
		errs := b.together(crowd, func(i int, s approval.Store) error {
			_, err := s.Move(b.Context(), r.ID, agree(person(fmt.Sprintf("U0LEAD%d", i))))
			return err
		})
		codes := b.codes(errs)
		if count(codes, "") != needed || count(codes, "late") != crowd-needed {
			b.Errorf("got %q", codes)
		}
		got := b.read(r.ID)
		if got.State != approval.Approved || len(got.Votes) != needed || got.Version != 1+needed {
			b.Errorf("%s, %d votes, version %d", got.State, len(got.Votes), got.Version)
		}
		if n := len(b.Events(b, r.ID)); n != 1+needed {
			b.Errorf("%d facts in the audit", n)
		}
		if n := len(b.Refused(b)); n != crowd-needed {
			b.Errorf("%d refusals in the audit", n)
		}
		b.toRun(r.ID)
	}},
	{"one person who agrees many times at once counts once", func(b *bench) {
		r := b.made(by(2))
		errs := b.together(crowd, func(_ int, s approval.Store) error {
			_, err := s.Move(b.Context(), r.ID, agree(lee))
			return err
		})
		codes := b.codes(errs)
		if got := b.read(r.ID); got.State != approval.Pending || len(got.Votes) != 1 || count(codes, "voted already") != crowd-1 {
			b.Errorf("%s, votes %+v, %q", got.State, got.Votes, codes)
		}
	}},
	{"one who denies beats all who agree, whoever is first", func(b *bench) {
		r := b.made()
		b.together(crowd, func(i int, s approval.Store) error {
			act := agree(person(fmt.Sprintf("U0LEAD%d", i)))
			if i == crowd/2 {
				act = deny(mia, "no")
			}
			_, err := s.Move(b.Context(), r.ID, act)
			return err
		})
		if got := b.read(r.ID); got.State != approval.Rejected || got.By != mia.ID {
			b.Errorf("%s by %v", got.State, got.By)
		}
	}},
	{"of many workers that claim one request, only the last may start it", func(b *bench) {
		r := b.made(free)
		held := make([]approval.Request, crowd)
		if err := errors.Join(b.together(crowd, func(i int, s approval.Store) (err error) {
			held[i], err = s.Move(b.Context(), r.ID, claim(int64(100+i)))
			return err
		})...); err != nil {
			b.Fatal(err)
		}
		last := slices.MaxFunc(held, func(x, y approval.Request) int { return int(x.Fence - y.Fence) })
		errs := b.together(crowd, func(i int, s approval.Store) error {
			_, err := s.Move(b.Context(), r.ID, start(held[i]))
			return err
		})
		for i, err := range errs {
			if first := held[i].Fence == last.Fence; first != (err == nil) || !first && !errors.Is(err, approval.ErrFence) {
				b.Errorf("fence %d of %d: %v", held[i].Fence, last.Fence, err)
			}
		}
		if got := b.read(r.ID); got.State != approval.Running || got.Worker != last.Worker || got.Fence != crowd {
			b.Errorf("%s, worker %d, fence %d", got.State, got.Worker, got.Fence)
		}
	}},
	{"a run ends once", func(b *bench) {
		r := b.started()
		errs := b.together(crowd, func(i int, s approval.Store) error {
			_, err := s.Move(b.Context(), r.ID, finish(r, []approval.State{approval.Succeeded, approval.Failed}[i%2]))
			return err
		})
		moved := func(err error) bool { return errors.Is(err, approval.ErrMoved) }
		if n := len(slices.DeleteFunc(errs, moved)); n != 1 || b.read(r.ID).State.Open() {
			b.Errorf("ended %d times: %v", n, errs)
		}
	}},
	{"a start and a rejection at once: one of them wins, whole", func(b *bench) {
		r := b.moved(b.moved(b.made().ID, agree(lee)).ID, claim(7))
		errs := b.together(2, func(i int, s approval.Store) error {
			_, err := s.Move(b.Context(), r.ID, []approval.Act{start(r), deny(mia, "stop")}[i])
			return err
		})
		began, denied := errs[0] == nil, errs[1] == nil
		want := map[bool]approval.State{true: approval.Running, false: approval.Rejected}[began]
		if got := b.read(r.ID); began == denied || got.State != want || got.Version != r.Version+1 {
			b.Errorf("%s, version %d after %d: start %v, reject %v", got.State, got.Version, r.Version, errs[0], errs[1])
		}
	}},
}

// codes are those of refusals, and "" of what succeeded; anything else fails the test.
func (b *bench) codes(errs []error) []string {
	b.Helper()
	codes := make([]string, len(errs))
	for i, err := range errs {
		refusal, refused := errors.AsType[*approval.Refusal](err)
		switch {
		case refused:
			codes[i] = refusal.Code
		case err != nil:
			b.Errorf("neither done nor refused: %v", err)
			codes[i] = "error"
		}
	}
	return codes
}
