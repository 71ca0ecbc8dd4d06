-- pg_database_size looks at files and takes no lock on tables, so it answers beside ACCESS EXCLUSIVE.
SELECT json_build_object('bytes', pg_database_size(current_database()))
