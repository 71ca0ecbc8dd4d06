package bot

import (
	"context"
	"sync"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/policy"
)

// seen is what the directory said just now about some people: what every decision about a Change rests on. What was
// known before is in it only as a reason to refuse.
type seen struct {
	*people
	persons map[ops.PersonID]ops.Person
	rosters policy.Rosters
}

// look reads people and all rosters at once, past the caches.
func (p *people) look(ctx context.Context, ids ...ops.PersonID) seen {
	ctx, cancel := context.WithTimeout(ctx, lookupBound)
	defer cancel()
	var all sync.WaitGroup
	var mu sync.Mutex
	s := seen{people: p, persons: map[ops.PersonID]ops.Person{}, rosters: policy.Rosters{}}
	for _, id := range ids {
		all.Go(func() {
			person := p.lookAt(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			s.persons[id] = person
		})
	}
	for _, id := range p.policy.Usergroups() {
		all.Go(func() {
			users, err := p.rosters.look(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			s.rosters[id] = policy.Roster{Users: users, Stale: err != nil}
		})
	}
	all.Wait()
	return s
}

// lookAt asks the directory about one person. Where it does not answer, an older answer may still refuse them.
func (p *people) lookAt(ctx context.Context, id ops.PersonID) ops.Person {
	person, err := p.persons.look(ctx, id)
	if err == nil && person.ID == id {
		return person
	}
	if before := p.persons.last(id).value; before.ID == id && before.Standing != ops.Member {
		return before
	}
	return ops.Person{ID: id, Standing: ops.Unknown}
}

// unread says whether the directory left something open.
func (s seen) unread() bool {
	for _, person := range s.persons {
		if person.Standing == ops.Unknown {
			return true
		}
	}
	for _, roster := range s.rosters {
		if roster.Stale {
			return true
		}
	}
	return false
}

// voter is somebody who wants to decide what people of these groups may.
func (s seen) voter(id ops.PersonID, by []string) approval.Voter {
	person := s.persons[id]
	entitled, why, unseen := s.policy.MayAgree(person, s.team(), s.rosters, by)
	return approval.Voter{ID: id, Name: person.Name, Entitled: entitled, Why: why, Unseen: unseen}
}

// decider is somebody who wants to decide about a request. What dbbot asked for itself may be stopped by whoever may ask for
// the same: nobody has to agree to it, so that nobody else could.
func (s seen) decider(id ops.PersonID, q approval.Request) approval.Voter {
	v := s.voter(id, q.Terms.By)
	if q.Requester.Itself() {
		may := s.decide(id, q.Risk, q.Target)
		v.Entitled, v.Why, v.Unseen = may.Allowed, may.Why, !may.Allowed && s.unread()
	}
	return v
}

// decide says whether somebody may ask for something, and who must agree.
func (s seen) decide(id ops.PersonID, risk ops.Risk, target ops.Target) policy.Decision {
	return s.policy.Decide(s.persons[id], s.team(), s.rosters, risk, target)
}
