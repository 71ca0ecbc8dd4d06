package migrate

import (
	"errors"
	"strings"
	"testing"

	"dbbot/ops"
)

func answer(name string, err error) string {
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return "no: " + marked.Message
	}
	return name
}

func TestForce(t *testing.T) {
	three, faulty := numbered(1, 2, 10), numbered(1)
	faulty.Faults = []string{"Version 1 has two up files."}
	for _, test := range []struct {
		set     Set
		journal Journal
		to      string
		want    string
	}{
		{three, at("2", true), "2", "2_c"},
		{three, at("2", true), "1", "1_b"},
		{three, at("2", true), "10_k", "10_k"},
		{three, at("2", true), None, ""},
		{three, at("2", true), "-1", ""},
		{three, at("-1", true), None, ""},
		{three, at("7", false), "2", "2_c"},
		{three, Journal{Missing: true}, "10", "10_k"},
		{three, at("2", false), "2", "no: The database is at 2 already, and clean."},
		{three, Journal{Missing: true}, None, "no: The database is at the beginning already, and clean."},
		{three, at("2", true), "3", "no: The folder has no version 3."},
		{three, at("2", true), "two", "no: The folder has no version two."},
		{faulty, at("1", true), "1", "no: Version 1 has two up files."},
		{named("1_a"), rows(failed("1_a")), "1_a", "no: Prisma has no force."},
	} {
		m, err := test.set.Survey(test.journal).Force(test.to)
		if got := answer(m.Name, err); got != test.want {
			t.Errorf("%s from %q: got %q, want %q", test.to, said(test.set.Survey(test.journal)), got, test.want)
		}
	}
}

func TestResolve(t *testing.T) {
	set := named("1_a", "2_b")
	for _, test := range []struct {
		journal Journal
		name    string
		applied bool
		want    string
	}{
		{rows(done("1_a"), failed("2_b")), "2_b", true, "2_b"},
		{rows(done("1_a"), failed("2_b")), "2_b", false, "2_b"},
		{rows(done("1_a")), "2_b", true, "2_b"},
		{Journal{Missing: true, Tables: true}, "1_a", true, "1_a"},
		{rows(undone(done("1_a"))), "1_a", true, "1_a"},
		{rows(done("1_a")), "1_a", true, "no: 1_a is applied already (P3008)."},
		{rows(done("1_a")), "3_c", true, "no: The folder has no migration 3_c."},
		{rows(done("1_a")), "2_b", false, "no: 2_b never ran here, so it cannot be rolled back (P3011)."},
		{rows(done("1_a")), "1_a", false, "no: 1_a did not break off, so it cannot be marked as rolled back (P3012)."},
		{rows(undone(failed("1_a"))), "1_a", false, "no: 1_a is marked as rolled back already."},
		{rows(failed("0_gone")), "0_gone", false, "0_gone"},
		{rows(failed("0_gone")), "0_gone", true, "no: The folder has no migration 0_gone."},
		{Journal{Prisma8: true}, "1_a", true, "no: The database is kept by Prisma 8"},
	} {
		m, err := set.Survey(test.journal).Resolve(test.name, test.applied)
		if got := answer(m.Name, err); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s, applied %v: got %q, want %q", test.name, test.applied, got, test.want)
		}
	}
	if _, err := numbered(1).Survey(at("1", true)).Resolve("1_b", true); answer("", err) != "no: golang-migrate has no resolve." {
		t.Errorf("got %v", err)
	}
}

func TestBaseline(t *testing.T) {
	for _, test := range []struct {
		set     Set
		journal Journal
		to      string
		want    string
	}{
		{named("1_a", "2_b", "3_c"), Journal{Missing: true, Tables: true}, "2_b", "1_a 2_b"},
		{named("1_a", "2_b", "3_c"), Journal{Tables: true}, "3_c", "1_a 2_b 3_c"},
		{numbered(1, 2, 10), Journal{Missing: true, Tables: true}, "2", "1_b 2_c"},
		{named("1_a"), rows(done("1_a")), "1_a", "no: The database has a journal already: it is at 1_a."},
		{named("1_a"), rows(undone(failed("1_a"))), "1_a", "no: The database has a journal already: it is at the beginning."},
		{named("1_a"), Journal{Missing: true}, "2_b", "no: The folder has no migration 2_b."},
	} {
		all, err := test.set.Survey(test.journal).Baseline(test.to)
		if got := answer(strings.Join(Names(all), " "), err); got != test.want {
			t.Errorf("%s: got %q, want %q", test.to, got, test.want)
		}
	}
}
