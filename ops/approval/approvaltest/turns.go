package approvaltest

import (
	"errors"
	"time"

	"dbbot/ops/approval"
)

var turns = []check{
	{"one runs at a time on a database, whatever it is called", func(b *bench) {
		first := b.started()
		second := b.claimed(alias("orders-by-another-name"))
		for range 2 {
			_, err := b.Peer.Move(b.Context(), second.ID, start(second))
			if busy, is := errors.AsType[*approval.Busy](err); !is || busy.Holder != first.ID {
				b.Fatalf("got %v, want busy with %s", err, first.ID)
			}
		}
		b.unchanged(second)
		b.facts(second.ID, approval.Agreed, approval.Claimed)

		b.moved(first.ID, func(r approval.Request, now time.Time) (approval.Move, error) { return r.TakeOver(9, now) })
		b.moved(first.ID, finish(b.read(first.ID), approval.Succeeded))
		b.moved(second.ID, start(second))
	}},
	{"different databases do not wait for one another", func(b *bench) {
		b.started()
		b.started(on("billing"))
		b.started(func(r *approval.Request) { r.Server.System = "7999999999999999999" })
	}},
	{"what ends a session waits for nobody, and nobody for it", func(b *bench) {
		runs := b.started()
		waits := b.claimed()
		waits = b.moved(waits.ID, wait(waits, runs.ID))
		for _, command := range []string{"cancel", "terminate"} {
			signal := b.started(func(r *approval.Request) { r.Command = command })
			b.Work(b)
			b.moved(signal.ID, finish(signal, approval.Succeeded))
			b.toRun() // the first still runs
		}
		signal := b.started(func(r *approval.Request) { r.Command = "terminate" })
		b.Work(b)
		b.moved(runs.ID, finish(runs, approval.Succeeded))
		b.toRun(waits.ID)
		waits = b.moved(waits.ID, claim(8))
		b.moved(waits.ID, start(waits))
		last := b.claimed()
		_, err := b.Peer.Move(b.Context(), last.ID, start(last))
		if busy, is := errors.AsType[*approval.Busy](err); !is || busy.Holder != waits.ID {
			b.Errorf("got %v, want busy with %s", err, waits.ID)
		}
		b.moved(signal.ID, finish(signal, approval.Succeeded))
	}},
	{"many that start at once on one database: one does", func(b *bench) {
		held := make([]approval.Request, 6)
		for i := range held {
			held[i] = b.claimed()
		}
		errs := b.together(len(held), func(i int, s approval.Store) error {
			_, err := s.Move(b.Context(), held[i].ID, start(held[i]))
			return err
		})
		var winner approval.ID
		for i, err := range errs {
			if err == nil && winner != 0 {
				b.Fatalf("%s and %s both run", winner, held[i].ID)
			} else if err == nil {
				winner = held[i].ID
			}
		}
		for i, err := range errs {
			if busy, is := errors.AsType[*approval.Busy](err); err != nil && (!is || busy.Holder != winner) {
				b.Errorf("%s: %v, want busy with %s", held[i].ID, err, winner)
			}
		}
		if winner == 0 {
			b.Errorf("none runs: %v", errs)
		}
	}},
	{"when one ends, the oldest that waits is next, and it alone", func(b *bench) {
		runs := b.started()
		older, younger := b.claimed(), b.claimed()
		elsewhere := b.claimed(on("billing"))
		for _, r := range []approval.Request{younger, older} {
			if r = b.moved(r.ID, wait(r, runs.ID)); r.WaitsFor != runs.ID || r.Worker != 0 {
				b.Errorf("%s waits for %s, worker %d", r.ID, r.WaitsFor, r.Worker)
			}
		}
		b.Work(b)
		b.moved(elsewhere.ID, start(elsewhere))
		b.moved(elsewhere.ID, finish(elsewhere, approval.Failed))
		b.toRun()
		b.moved(runs.ID, finish(runs, approval.Interrupted))
		b.toRun(older.ID)

		older = b.moved(older.ID, claim(8))
		older = b.moved(older.ID, start(older))
		b.toRun()
		b.moved(older.ID, finish(older, approval.Succeeded))
		b.toRun(younger.ID)
	}},
	{"one that ends before it began gives its turn on", func(b *bench) {
		runs := b.started()
		next, last := b.claimed(), b.claimed()
		b.moved(next.ID, wait(next, runs.ID))
		b.moved(last.ID, wait(last, runs.ID))
		b.moved(runs.ID, finish(runs, approval.Succeeded))
		next = b.moved(next.ID, claim(8))
		b.Work(b)
		b.moved(next.ID, func(r approval.Request, now time.Time) (approval.Move, error) {
			return r.Invalidate(next.Fence, "The session is gone.", now)
		})
		b.toRun(last.ID)
	}},
	{"one that gives up while another runs wakes nobody", func(b *bench) {
		runs := b.started()
		older, younger := b.claimed(), b.claimed()
		b.moved(older.ID, wait(older, runs.ID))
		b.moved(younger.ID, wait(younger, runs.ID))
		b.Work(b)
		b.moved(younger.ID, func(r approval.Request, now time.Time) (approval.Move, error) { return r.Withdraw(ana, now) })
		b.toRun()
	}},
	{"who begins to wait for one that has ended is not forgotten", func(b *bench) {
		runs, late := b.started(), b.claimed()
		b.moved(runs.ID, finish(runs, approval.Succeeded))
		b.Work(b)
		b.moved(late.ID, wait(late, runs.ID))
		b.toRun(late.ID)
	}},
}
