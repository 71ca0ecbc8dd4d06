package approvaltest

import (
	"slices"

	"dbbot/ops/approval"
)

var listing = []check{
	{"a list has what was asked for, the newest first", func(b *bench) {
		pending := b.made()
		rejected := b.moved(b.made(asker(mia)).ID, deny(lee, "no"))
		running := b.started(on("billing"), alias("billing"))
		approved := b.made(free, alias("reporting"), asker(mia))
		for _, tt := range []struct {
			name string
			want []approval.Request
			f    approval.Filter
		}{
			{"all", []approval.Request{approved, running, rejected, pending}, approval.Filter{}},
			{"one state", []approval.Request{running}, approval.Filter{States: []approval.State{approval.Running}}},
			{"two states", []approval.Request{rejected, pending}, approval.Filter{States: []approval.State{approval.Rejected, approval.Pending}}},
			{"somebody's", []approval.Request{approved, rejected}, approval.Filter{Requester: mia.ID}},
			{"nobody's", nil, approval.Filter{Requester: lee.ID}},
			{"some databases", []approval.Request{approved, running}, approval.Filter{Databases: []string{"billing", "reporting", "unknown"}}},
			{"no database", nil, approval.Filter{Databases: []string{}}},
			{"the two newest", []approval.Request{approved, running}, approval.Filter{Limit: 2}},
			{"asked or ended since", []approval.Request{approved, running, rejected}, approval.Filter{Since: pending.Asked}},
			{"ended since", []approval.Request{rejected}, approval.Filter{Since: rejected.Asked, States: []approval.State{approval.Rejected}}},
			{"all of these", []approval.Request{rejected}, approval.Filter{
				States: []approval.State{approval.Rejected}, Requester: mia.ID, Databases: []string{"orders"}, Since: pending.Asked, Limit: 200,
			}},
		} {
			b.lists(tt.name, tt.f, tt.want)
		}
		b.moved(pending.ID, deny(lee, "no"))
		b.lists("ended since, though asked before", approval.Filter{Since: approved.Asked}, []approval.Request{b.read(pending.ID)})
	}},
	{"a list is bounded", func(b *bench) {
		const most = 201
		for range most {
			b.made(free)
		}
		for limit, want := range map[int]int{0: 50, 1: 1, 200: 200, 100000: 200, -1: 50} {
			if all, err := b.Store.List(b.Context(), approval.Filter{Limit: limit}); err != nil || len(all) != want {
				b.Errorf("limit %d: %d requests, %v", limit, len(all), err)
			}
		}
	}},
}

func (b *bench) lists(name string, f approval.Filter, want []approval.Request) {
	b.Helper()
	got, err := b.Peer.List(b.Context(), f)
	if err != nil {
		b.Errorf("%s: %v", name, err)
	}
	if !slices.Equal(ids(got), ids(want)) {
		b.Errorf("%s: %v, want %v", name, ids(got), ids(want))
		return
	}
	for i := range got {
		b.same(name, got[i], want[i])
	}
}

func ids(all []approval.Request) (ids []approval.ID) {
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}
