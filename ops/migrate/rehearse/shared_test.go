package rehearse

import (
	"testing"

	"dbbot/ops/postgres/cluster/clustertest"
)

// What hides from the reading of the file is found before it is kept, and undone.
func TestWhatIsSharedIsNotChangedByARehearsal(t *testing.T) {
	url := shopped(t)
	o := beside(t, url)
	database := ask(t, url, "SELECT current_database()::text")
	clustertest.Exec(t, url, "CREATE ROLE reader_of_y", "GRANT CREATE ON DATABASE "+database+" TO keeper WITH GRANT OPTION")
	const state = `SELECT (SELECT md5(string_agg(datname || coalesce(datacl::text, '') || coalesce(shobj_description(oid, 'pg_database'), ''), '' ORDER BY datname)) FROM pg_database WHERE datname NOT LIKE 'dbbot\_scratch\_%')
		|| (SELECT md5(string_agg(rolname || coalesce(rolpassword, ''), '' ORDER BY 1)) FROM pg_authid) || (SELECT count(*) FROM pg_db_role_setting)`
	before := ask(t, url, state)
	const password = "DO $$ BEGIN EXECUTE 'AL' || 'TER RO' || 'LE keeper PASSW' || 'ORD ''x'''; END $$;"
	hidden := []string{
		password,
		"DO $$ BEGIN EXECUTE 'AL' || 'TER RO' || 'LE keeper SET work_mem = ''1MB'''; END $$",
		"DO $$ BEGIN EXECUTE 'GRANT CREATE O' || 'N DATA' || 'BASE " + database + " TO reader_of_y'; END $$",
		"BEGIN; " + password + " COMMIT;",
		"CREATE TABLE z (); COMMIT; " + password,
	}
	harmless := "ALTER TABLE orders ADD x int; CREATE TABLE y (); ALTER TABLE y OWNER TO keeper; GRANT SELECT ON y TO reader_of_y; COMMENT ON TABLE y IS 'x'; DROP TABLE y"
	got := rehearsed(t, o, append(hidden, harmless)...)
	if got.Failure != nil || len(got.Steps) != len(hidden)+1 {
		t.Fatalf("%+v %+v", got, got.Failure)
	}
	for i, s := range got.Steps {
		if i < len(hidden) != (s.Refused == "It changes what all databases of a server share.") {
			t.Errorf("file %d: %q", i+1, s.Refused)
		}
	}
	if ask(t, url, state) != before {
		t.Error("something that all databases share has changed")
	}
}
