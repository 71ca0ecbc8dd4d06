package rehearse

import (
	"context"
	"slices"
	"strings"

	"dbbot/ops/migrate/lint"
)

// Arrived says, after the steps have run, whether the database has the schema that their rehearsal led to; it is not
// known where there was no rehearsal to its end, or the scratch database was not like the real one.
func (r *Rooms) Arrived(ctx context.Context, o Options, steps []lint.Parsed) (there, known bool, err error) {
	expected := r.expected(o.Name + " " + sum(steps) + " ")
	if expected.After == "" {
		return false, false, nil
	}
	now, err := openReal(ctx, o, "dbbot rehearsals")
	if err != nil {
		return false, false, unreal(err)
	}
	defer shut(now.Conn)
	return now.schema.sum(expected.without) == expected.After, true, nil
}

// expected is the newest rehearsal of these files.
func (r *Rooms) expected(files string) Trace {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range slices.Backward(r.order) {
		if strings.HasPrefix(key, files) {
			return r.kept[key]
		}
	}
	return Trace{}
}
