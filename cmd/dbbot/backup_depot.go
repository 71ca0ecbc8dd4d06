package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/catalogue"
	"dbbot/ops/backup/store"
)

// depotFlags lead to backups: through the configuration file, or by a store's URL alone, for the day nothing else is left.
type depotFlags struct {
	configFlag
	Store    string `placeholder:"URL" help:"Where the backups lie; then no configuration file is read. file:///folder, s3://bucket/prefix?endpoint=https://host&region=name, gs://bucket/prefix, azblob://container/prefix. Credentials come from the environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."`
	Database string `short:"d" placeholder:"NAME" help:"Whose backups, as dbbot's file names the database. Not needed where there is only one."`
	JSON     bool   `name:"json" help:"The answer as JSON, for scripts."`
}

// depot is a store that was found, and whose backups are meant.
type depot struct {
	*catalogue.Catalogue
	store    backup.Store
	database string   // empty: those of all
	config   Database // with a Backup where there is a file
}

// open finds the store.
func (f depotFlags) open(ctx context.Context, p *process) (*depot, error) {
	d := &depot{database: f.Database}
	address := f.Store
	if address == "" {
		config, err := load(f.Config, p.env, need{})
		if err == nil {
			d.config, err = f.choose(config)
		}
		if err != nil {
			fmt.Fprintln(p.errs, "dbbot: With --store no configuration file is needed: `dbbot restore --help` shows how.")
			return nil, err
		}
		d.database, address = d.config.Name, d.config.Backup.Store
	}
	opened, err := store.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	d.store, d.Catalogue = opened, catalogue.New(opened)
	return d, nil
}

// choose takes the database of the file that has backups and is meant.
func (f depotFlags) choose(config Config) (Database, error) {
	var with []Database
	var names []string
	for _, d := range config.Databases {
		if d.Backup != nil {
			with, names = append(with, d), append(names, d.Name)
		}
	}
	at := slices.Index(names, f.Database)
	switch {
	case f.Database == "" && len(with) == 1:
		return with[0], nil
	case at >= 0:
		return with[at], nil
	case len(with) == 0:
		return Database{}, misuse("No database of the configuration has a store for backups.", "Name one with --store.")
	}
	return Database{}, misuse("Which database is meant?", "Add --database with one of: "+strings.Join(names, ", ")+".")
}

func (d *depot) close() { _ = d.store.Close() }

// all lists the backups, the newest first; an error where there is none.
func (d *depot) all(ctx context.Context) (found []backup.Backup, faults []string, err error) {
	if found, faults, err = d.List(ctx, d.database); err != nil || len(found)+len(faults) > 0 {
		return found, faults, err
	}
	of := ""
	if d.database != "" {
		of = " of " + ops.Printable(d.database, maxSaid)
	}
	return nil, nil, &ops.Error{Message: "There is no backup" + of + " in " + d.store.Location() + ".", Hint: d.elsewhere(ctx)}
}

// elsewhere says where they are when a folder above or below was named.
func (d *depot) elsewhere(ctx context.Context) string {
	if folder, ok := strings.CutPrefix(d.store.Location(), "file://"); ok {
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			return "The folder " + folder + " does not exist."
		}
	}
	objects, _ := d.store.List(ctx, "")
	others := map[string]bool{}
	for _, o := range objects {
		if path.Base(o.Name) != backup.ManifestFile {
			continue
		}
		parts := strings.Split(path.Dir(o.Name), "/")
		switch id := backup.ID(parts[len(parts)-1]); {
		case o.Name == backup.ManifestFile:
			return "This is the folder of one backup: name the one above the database's."
		case id.Database() != "" && len(parts) == 1:
			return "This is the folder of one database: name the one above."
		case id.Database() != "" && len(parts) > 2:
			return "There are some further below: name " + strings.Join(parts[:len(parts)-2], "/") + " in it."
		case id.Database() != "":
			others[id.Database()] = true
		}
	}
	if len(others) > 0 {
		return "It holds those of " + strings.Join(slices.Sorted(keysOf(others)), ", ") + "."
	}
	return "A store is the folder that holds a folder for each database."
}

// pick finds a backup by its id, by the beginning of it, or as latest: the newest verified, else the newest.
func (d *depot) pick(ctx context.Context, wanted string) (backup.Backup, error) {
	if backup.ID(wanted).Database() != "" {
		return d.Get(ctx, backup.ID(wanted))
	}
	all, faults, err := d.all(ctx)
	if err != nil {
		return backup.Backup{}, err
	}
	if wanted == "latest" {
		return newestOf(all, faults)
	}
	all = slices.DeleteFunc(all, func(b backup.Backup) bool { return !strings.HasPrefix(string(b.ID), wanted) })
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return backup.Backup{}, misuse("There is no whole backup "+ops.Printable(wanted, maxSaid)+" in "+d.store.Location()+".", "`dbbot backup list` shows what there is.")
	}
	return backup.Backup{}, misuse(fmt.Sprintf("%d backups begin with %s.", len(all), ops.Printable(wanted, maxSaid)), "Write more of the id.")
}

// newestOf all: of one database, or nobody knows which is meant.
func newestOf(all []backup.Backup, faults []string) (backup.Backup, error) {
	names := map[string]bool{}
	for _, b := range all {
		names[b.Database] = true
	}
	switch {
	case len(names) > 1:
		return backup.Backup{}, misuse("The store holds backups of several databases.", "Add --database with one of: "+strings.Join(slices.Sorted(keysOf(names)), ", ")+".")
	case len(all) == 0:
		return backup.Backup{}, &ops.Error{Message: "No backup there is whole.", Hint: strings.Join(faults, " ")}
	}
	if at := slices.IndexFunc(all, backup.Backup.Good); at >= 0 {
		return all[at], nil
	}
	return all[0], nil
}

// reading keeps a backup from being deleted while it is read. On the worst day the store can be read and nothing more: then
// that is said, and it goes on.
func (d *depot) reading(ctx context.Context, p *process, id backup.ID) (release func(), err error) {
	release, err = d.Hold(ctx, id, operator().Name+" at a terminal")
	if errors.Is(err, backup.ErrMissing) || errors.Is(err, catalogue.ErrGoing) || ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		fmt.Fprintln(p.errs, "dbbot: nothing can be written beside the backup, so nobody is told that it is being read:", ops.Redact(err.Error()))
		return func() {}, nil
	}
	return release, nil
}
