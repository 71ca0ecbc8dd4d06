SET statement_timeout = 0;
ALTER TABLE tools ADD COLUMN description text NOT NULL DEFAULT '';
ALTER TABLE tools ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', name || ' ' || description)) STORED;
CREATE INDEX tools_words ON tools USING gin (words);
