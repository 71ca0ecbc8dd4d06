-- AlterTable
ALTER TABLE "_RecipeToTag" ADD CONSTRAINT "_RecipeToTag_AB_pkey" PRIMARY KEY ("A", "B");

-- DropIndex
DROP INDEX "_RecipeToTag_AB_unique";
