package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/approval/approvaltest"
	"dbbot/ops/audit"
	"dbbot/ops/store"
)

// vault is the state in memory: requests as approvaltest keeps them, and beside them an inbox, the audit's other facts and
// where cards stand. A card is placed where it was asked as soon as it is asked for.
type vault struct {
	*approvaltest.Memory
	Outbox   // tests of what is said have their own
	Calendar // and those of schedules
	homes
	mu      sync.Mutex
	inbox   map[string]store.Invocation
	became  map[string]string
	dropped []store.Message
	facts   []audit.Entry
	cards   map[approval.ID]store.Message
	fail    error // what every call answers
	down    error // what State answers
	hang    bool  // calls wait for their context
}

// homes has another name than its method.
type homes interface{ Homes }

func newVault() *vault {
	return &vault{
		Memory: approvaltest.NewMemory(time.Now), inbox: map[string]store.Invocation{}, became: map[string]string{},
		cards: map[approval.ID]store.Message{},
	}
}

func (v *vault) state() (State, error) { return v, v.down }

func (v *vault) trouble(ctx context.Context) error {
	if v.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return v.fail
}

func (v *vault) Create(ctx context.Context, ask func(time.Time) (approval.Move, error)) (approval.Request, bool, error) {
	if err := v.trouble(ctx); err != nil {
		return approval.Request{}, false, err
	}
	q, created, err := v.Memory.Create(ctx, ask)
	if created {
		v.place(q)
	}
	return q, created, err
}

func (v *vault) place(q approval.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	card := store.Message{
		Request: q.ID, Token: newToken(), Channel: q.Origin.Channel, Stamp: fmt.Sprintf("%d.1", q.ID),
		Link: fmt.Sprintf("https://demo.example/%d", q.ID),
	}
	v.cards[q.ID] = card
	v.Bind(card.Token, q.ID, approvaltest.Surface{Channel: card.Channel, Message: card.Stamp})
}

func (v *vault) Decide(ctx context.Context, press approval.Press, act approval.Act) (approval.Request, error) {
	if err := v.trouble(ctx); err != nil {
		return approval.Request{}, err
	}
	return v.Memory.Decide(ctx, press, act)
}

func (v *vault) Receive(ctx context.Context, in store.Invocation) error {
	if err := v.trouble(ctx); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, seen := v.inbox[in.Key]; seen {
		return approval.ErrRepeated
	}
	v.inbox[in.Key] = in
	return nil
}

func (v *vault) Settle(_ context.Context, key, outcome string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.became[key] = outcome
	return v.fail
}

func (v *vault) Drop(ctx context.Context, key string, say store.Message, fact audit.Entry) error {
	if err := v.trouble(ctx); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.became[key] != "" {
		return approval.ErrRepeated
	}
	v.became[key], v.dropped, v.facts = "lost", append(v.dropped, say), append(v.facts, fact)
	return nil
}

func (v *vault) Invocation(_ context.Context, key string) (store.Invocation, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	in, found := v.inbox[key]
	if !found {
		return in, approval.ErrUnknown
	}
	return in, v.fail
}

func (v *vault) Note(_ context.Context, fact audit.Entry) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.facts = append(v.facts, fact)
	return v.fail
}

func (v *vault) Card(_ context.Context, id approval.ID) (store.Message, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	card, found := v.cards[id]
	if !found {
		return card, approval.ErrUnknown
	}
	return card, v.fail
}
