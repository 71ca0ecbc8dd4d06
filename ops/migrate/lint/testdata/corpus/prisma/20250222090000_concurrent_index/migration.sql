-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Recipe_title_idx" ON "Recipe"("title");
