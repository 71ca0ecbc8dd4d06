-- Custom: fill before it is required.
UPDATE "Recipe" SET "slug" = lower(replace("title", ' ', '-')) || '-' || "id" WHERE "slug" IS NULL;

-- AlterTable
ALTER TABLE "Recipe" ALTER COLUMN "slug" SET NOT NULL;
