-- Custom: keep the rows.
ALTER TABLE "Rating" RENAME TO "Review";
ALTER TABLE "Review" RENAME CONSTRAINT "Rating_pkey" TO "Review_pkey";
ALTER TABLE "Review" RENAME COLUMN "note" TO "comment";
