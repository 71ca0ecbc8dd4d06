package approvaltest

import (
	"errors"
	"time"

	"dbbot/ops/approval"
)

var reporting = []check{
	{"how far a run is", func(b *bench) {
		r := b.started()
		before := b.Now()
		wish, err := b.Peer.Report(b.Context(), r.ID, r.Fence, approval.Progress{Phase: "copying “orders”", Done: 3, Total: 1 << 40})
		if err != nil || wish != nil {
			b.Fatalf("wish %+v, %v", wish, err)
		}
		got := b.read(r.ID)
		if p := got.Progress; p.Phase != "copying “orders”" || p.Done != 3 || p.Total != 1<<40 || p.At.Before(before) || p.At.After(b.Now()) {
			b.Errorf("progress %+v, not before %s", p, before)
		}
		got.Progress = r.Progress
		b.same("all else", got, r)
		if got = b.moved(r.ID, finish(r, approval.Succeeded)); got.Progress.Done != 3 {
			b.Errorf("at the end: %+v", got.Progress)
		}
	}},
	{"only the worker that has it reports", func(b *bench) {
		r := b.started()
		b.moved(r.ID, func(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(9, now) })
		if _, err := b.Store.Report(b.Context(), r.ID, r.Fence, approval.Progress{Phase: "late"}); !errors.Is(err, approval.ErrFence) {
			b.Errorf("the one before: %v", err)
		}
		if p := b.read(r.ID).Progress; p.Phase != "" {
			b.Errorf("kept %+v", p)
		}
		if _, err := b.Store.Report(b.Context(), r.ID, r.Fence+1, approval.Progress{Phase: "mine"}); err != nil {
			b.Errorf("the one after: %v", err)
		}
	}},
	{"what does not run has no progress", func(b *bench) {
		held := b.claimed()
		over := b.started()
		over = b.moved(over.ID, finish(over, approval.Failed))
		for _, r := range []approval.Request{held, over} {
			if _, err := b.Store.Report(b.Context(), r.ID, r.Fence, approval.Progress{Phase: "?"}); !errors.Is(err, approval.ErrFence) {
				b.Errorf("%s: %v", r.State, err)
			}
			b.unchanged(r)
		}
	}},
	{"who reports hears that somebody wants it to stop", func(b *bench) {
		r := b.started()
		b.moved(r.ID, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.AskCancel(mia, "too slow", now)
		})
		wish, err := b.Peer.Report(b.Context(), r.ID, r.Fence, approval.Progress{})
		if err != nil || wish == nil || wish.By != mia.ID || wish.Why != "too slow" || wish.At.IsZero() {
			b.Errorf("wish %+v, %v", wish, err)
		}
	}},
}
