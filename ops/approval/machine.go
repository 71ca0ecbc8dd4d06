package approval

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"dbbot/ops"
)

const (
	// MaxReason bounds what people write about a request, in characters: what a card shows without a fold.
	MaxReason = 1000
	// consentless is how long a request waits for its turn where nobody had to agree: as long as the policy gives consent
	// where it does not say.
	consentless = 30 * time.Minute
	// leastHold keeps a consent alive through a full queue, the checks and a take-over, however short the policy's wait is.
	leastHold = time.Minute
	// longestLead is how long before the end a reminder comes at most; it is a third of a shorter wait.
	longestLead = time.Hour
)

// What a move of dbbot's own answers where it does not fit. People get a *Refusal instead.
var (
	ErrFence = errors.New("somebody else has taken this request over") // a write with an older fence
	ErrMoved = errors.New("the request is not in that state any more")
	ErrEarly = errors.New("the request has time left")
)

// New is the first move of a request that somebody asks for: what is wished, by whom, the plan and the terms are r's;
// everything that only time brings is set here. Where nobody else has to agree, it is approved at once. A request that
// lacks something is an error of the program; only a reason that is too long is one for people (*ops.Error).
func New(r Request, now time.Time) (Move, error) {
	if err := r.complete(); err != nil {
		return Move{}, err
	}
	born := Request{
		Version: 1, State: Pending, Key: r.Key, Command: r.Command, Words: r.Words, Risk: r.Risk, Target: r.Target, Server: r.Server,
		Requester: r.Requester, Reason: clean(r.Reason), Origin: r.Origin, Plan: r.Plan, Shown: r.Shown, Digest: r.Digest,
		Terms: r.Terms, Asked: now, Expires: now.Add(r.Terms.Within),
	}
	m := Move{After: born, Event: Asked, Actor: r.Requester, Detail: born.Reason}
	if r.Terms.Count == 0 || r.Terms.Alone {
		m.approve(Agreed, now)
	}
	return m, nil
}

// approve makes it an approved request, whose consent holds for as long as the policy would have waited for it.
func (m *Move) approve(event Event, now time.Time) {
	hold := consentless
	if m.After.Terms.Within > 0 {
		hold = max(m.After.Terms.Within, leastHold)
	}
	m.Event, m.After.State, m.After.Decided, m.After.Expires = event, Approved, now, now.Add(hold)
}

// next is a move of r that has not changed anything yet.
func (r Request) next(event Event) Move {
	after := r
	after.Version++
	after.Votes = slices.Clone(r.Votes)
	return Move{Before: r, After: after, Event: event}
}

// end puts it into a state that is none of Open.
func (m *Move) end(state State, why string, now time.Time) {
	m.After.State, m.After.Why, m.After.Ended, m.After.WaitsFor = state, clean(why), now, 0
}

// Expire ends a request that nobody decided in time; ErrEarly before that.
func (r Request) Expire(now time.Time) (Move, error) {
	switch {
	case r.State != Pending:
		return Move{}, ErrMoved
	case now.Before(r.Expires):
		return Move{}, ErrEarly
	}
	m := r.next(RanOut)
	m.end(Expired, "", now)
	return m, nil
}

// Remind notes that those who may decide were reminded, which happens once and before the time is over.
func (r Request) Remind(now time.Time) (Move, error) {
	if r.State != Pending || !r.Reminded.IsZero() || !now.Before(r.Expires) {
		return Move{}, ErrMoved
	}
	m := r.next(Reminded)
	m.After.Reminded = now
	return m, nil
}

// Work is what the move causes to be done. Whoever keeps it adds what only the keeper knows: messages, and whose turn it
// is next on a database.
func (m Move) Work() (work []Work) {
	r := m.After
	switch {
	case r.State == Approved && m.Before.State != Approved:
		work = append(work, Work{Kind: ToRun, ID: int64(r.ID)})
	case r.State == Pending && m.Before.ID == 0:
		lead := min(r.Terms.Within/3, longestLead)
		work = append(work, Work{Kind: ToRemind, ID: int64(r.ID), At: r.Expires.Add(-lead)}, Work{Kind: ToExpire, ID: int64(r.ID), At: r.Expires})
	}
	return append(work, Work{Kind: ToRedraw})
}

// Digest names what will be done, where: hex SHA-256 over the command, the server and the bytes of the plan, each behind
// its length, so that no two of them can be taken for another three.
func Digest(command string, s Server, plan []byte) string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte("dbbot-request-v1"), []byte(command), []byte(s.System), []byte(s.Database), plan} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// complete finds what a request must not lack.
func (r Request) complete() error {
	lacks := func(what string) error { return fmt.Errorf("a request without %s cannot be made", what) }
	switch {
	case r.Key == "":
		return lacks("the key of its act")
	case r.Command == "" || r.Words == "":
		return lacks("a command")
	case r.Risk == ops.Read || !slices.Contains(ops.Risks(), r.Risk):
		return lacks("the risk of a change")
	case r.Target.Database == "" || r.Server.System == "" || r.Server.Database == "":
		return lacks("a database")
	case r.Requester.Team == "" || r.Requester.User == "":
		return lacks("a requester")
	case !json.Valid(r.Plan):
		return lacks("a plan in JSON")
	case r.Digest != Digest(r.Command, r.Server, r.Plan):
		return lacks("the digest of its plan")
	case !r.Terms.sound():
		return lacks("terms that say who must agree")
	case utf8.RuneCountInString(r.Reason) > MaxReason:
		return &ops.Error{Message: fmt.Sprintf("The reason is longer than %d characters.", MaxReason), Hint: "Say it shorter, or in the thread of the card."}
	}
	return nil
}

// sound terms ask for somebody surely, or for nobody surely: nothing in between may be taken for "nobody".
func (t Terms) sound() bool {
	if t.Count == 0 {
		return len(t.By) == 0 && !t.Alone && !t.BreakGlass && t.Within >= 0
	}
	return t.Count > 0 && len(t.By) > 0 && t.Within > 0
}

// agreed says whether those who must have agreed: enough different people, none of them the requester; or one who broke
// the glass; or nobody has to.
func (r Request) agreed() bool {
	if r.Terms.Count == 0 || r.Terms.Alone || r.Glass && r.Terms.BreakGlass {
		return r.Terms.sound()
	}
	return r.Terms.sound() && r.Agreeing() >= r.Terms.Count
}

// Agreeing counts the people who have agreed, of those that count: the requester does not.
func (r Request) Agreeing() (n int) {
	for _, v := range r.Votes {
		if v.Agree && v.By != r.Requester {
			n++
		}
	}
	return n
}
