package postgres

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"dbbot/ops"
)

// A panic while a database is read would end the process: it becomes what is said of that database, with the
// reference under which the log has the stack. The next look is as good as any.
func TestPanicWhileReading(t *testing.T) {
	databaseURL := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(databaseURL), Migrations: GolangMigrate})
	var log strings.Builder
	d := r.databases["orders"]
	d.log = slog.New(slog.NewTextHandler(&log, nil))
	lookNow(t, r)

	whole := slices.Clone(d.sections)
	drop(d, "locks")
	s := r.Status(t.Context(), "orders")
	if s.Down == nil || !strings.HasPrefix(s.Down.Message, "Something went wrong here") {
		t.Fatalf("got %+v", s.Down)
	}
	_, reference, found := strings.Cut(log.String(), "reference=")
	reference, _, _ = strings.Cut(reference, " ")
	if !found || !strings.Contains(s.Down.Hint, reference) || !strings.Contains(log.String(), "a plate fell") || !strings.Contains(log.String(), "panic_test.go") {
		t.Errorf("said: %s; in the log: %s", s.Down.Hint, log.String())
	}
	d.sections = whole
	if s := lookNow(t, r); faults(s) != nil {
		t.Errorf("afterwards: %v", faults(s))
	}
}

// Over MigrateURL only the migrations are read: nothing else is lost.
func TestPanicWhileReadingAsOwner(t *testing.T) {
	databaseURL := shop(t, anyServer(t))
	r := reader(t, Database{URL: ops.Secret(databaseURL), MigrateURL: ops.Secret(databaseURL), Migrations: GolangMigrate})
	d := r.databases["orders"]
	d.denied = true
	drop(d, "migrations_golang_migrate")
	for range 2 { // at once with the rest; the first connects
		s := lookNow(t, r)
		if got := unread(s); !slices.Equal(got, []string{"migrations"}) || !strings.HasPrefix(s.Migrations.Fault.Message, "Something went wrong here") {
			t.Errorf("not read: %v", faults(s))
		}
	}
}

// drop makes the answer of a section break what reads it.
func drop(d *database, file string) {
	i := slices.IndexFunc(d.sections, func(s section) bool { return s.file == file })
	store := d.sections[i].store
	d.sections = slices.Clone(d.sections)
	d.sections[i].store = func(s *Status, answer []byte, fault *ops.Error) {
		if answer != nil {
			panic("a plate fell")
		}
		store(s, answer, fault)
	}
}
