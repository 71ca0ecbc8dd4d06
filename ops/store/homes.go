package store

import (
	"context"
	"crypto/rand"

	"dbbot/ops"
	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
)

const (
	// homesKept is how many home tabs are drawn anew when something changes: those opened last, of the last week.
	homesKept = 200
	homesFor  = "7 days"
)

// Homes gives the home tabs to keep up to date, the one opened last first.
func (s *Store) Homes(ctx context.Context) ([]Home, error) {
	read := func(row pgx.CollectableRow) (h Home, err error) {
		err = row.Scan(&h.Who.Team, &h.Who.User, &h.Digest)
		return h, err
	}
	return all(ctx, s, read, "SELECT team, member, digest FROM dbbot.homes WHERE opened > now() - $1::text::interval ORDER BY opened DESC LIMIT $2", homesFor, homesKept)
}

// HomeOpened notes that somebody looks at their home tab, which must be drawn now.
func (s *Store) HomeOpened(ctx context.Context, who ops.PersonID) error {
	_, err := s.exec(ctx, `INSERT INTO dbbot.homes (team, member, opened) VALUES ($1, $2, clock_timestamp())
		ON CONFLICT (team, member) DO UPDATE SET opened = excluded.opened, digest = ''`, who.Team, who.User)
	return err
}

// HomeShown notes what somebody's home tab shows.
func (s *Store) HomeShown(ctx context.Context, who ops.PersonID, digest string) error {
	_, err := s.exec(ctx, "UPDATE dbbot.homes SET digest = $3 WHERE team = $1 AND member = $2", who.Team, who.User, digest)
	return err
}

// HomeTokens gives what the buttons of somebody's home tab carry, one for each request: it counts there, for that person
// alone. The same one comes back each time.
func (s *Store) HomeTokens(ctx context.Context, who ops.PersonID, requests []approval.ID) (map[approval.ID]string, error) {
	fresh := make([]string, len(requests))
	for i := range fresh {
		fresh[i] = rand.Text()
	}
	if _, err := s.exec(ctx, `INSERT INTO dbbot.tokens (token, request, team, member)
		SELECT u.token, u.request, $3, $4 FROM unnest($1::text[], $2::bigint[]) u(token, request) JOIN dbbot.requests r ON r.id = u.request
		ON CONFLICT DO NOTHING`, fresh, requests, who.Team, who.User); err != nil {
		return nil, err
	}
	return pairs(ctx, s, "SELECT request, token FROM dbbot.tokens WHERE request = ANY ($1) AND team = $2 AND member = $3 AND message IS NULL", requests, who.Team, who.User)
}
