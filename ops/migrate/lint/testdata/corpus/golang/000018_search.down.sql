ALTER TABLE tools DROP COLUMN words, DROP COLUMN description;
