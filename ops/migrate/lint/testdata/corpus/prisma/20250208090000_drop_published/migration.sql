/*
  Warnings:

  - You are about to drop the column `published` on the `Recipe` table. All the data in the column will be lost.
  - Added the required column `status` to the `Recipe` table without a default value. This is not possible if the table is not empty.

*/
-- CreateEnum
CREATE TYPE "RecipeStatus" AS ENUM ('DRAFT', 'PUBLIC', 'HIDDEN');

-- AlterTable
ALTER TABLE "Recipe" DROP COLUMN "published",
ADD COLUMN     "status" "RecipeStatus" NOT NULL;
