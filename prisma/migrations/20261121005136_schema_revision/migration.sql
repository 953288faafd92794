-- AlterTable
ALTER TABLE "data_sources" ADD COLUMN     "schemaRevision" INTEGER NOT NULL DEFAULT 0;
