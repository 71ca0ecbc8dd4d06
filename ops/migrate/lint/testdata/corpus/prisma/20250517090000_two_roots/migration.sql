-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "stats";

-- CreateTable
CREATE TABLE "stats"."Visit" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "path" TEXT NOT NULL,
    "userId" TEXT,

    CONSTRAINT "Visit_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "stats"."Visit" ADD CONSTRAINT "Visit_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;
ALTER TABLE "stats"."Visit" VALIDATE CONSTRAINT "Visit_userId_fkey";
