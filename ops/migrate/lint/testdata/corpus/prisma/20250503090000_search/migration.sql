CREATE OR REPLACE FUNCTION "recipeWords"() RETURNS trigger AS $body$
BEGIN
  NEW."words" := to_tsvector('simple', NEW."title");
  RETURN NEW;
END;
$body$ LANGUAGE plpgsql;

ALTER TABLE "Recipe" ADD COLUMN "words" tsvector;

CREATE TRIGGER "Recipe_words" BEFORE INSERT OR UPDATE ON "Recipe" FOR EACH ROW EXECUTE FUNCTION "recipeWords"();

CREATE INDEX "Recipe_words_idx" ON "Recipe" USING GIN ("words");
