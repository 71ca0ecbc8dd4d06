-- DropIndex
DROP INDEX "Recipe_slug_key";

-- CreateIndex
CREATE INDEX "Recipe_authorId_status_idx" ON "Recipe"("authorId", "status");

-- CreateIndex
CREATE UNIQUE INDEX "Recipe_authorId_slug_key" ON "Recipe"("authorId", "slug");
