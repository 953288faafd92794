-- DropIndex
DROP INDEX "workflow_events_workflowId_at_idx";

-- AlterTable
ALTER TABLE "workflow_events" ADD COLUMN     "sequence" BIGSERIAL NOT NULL;

-- CreateIndex
CREATE INDEX "workflow_events_workflowId_sequence_idx" ON "workflow_events"("workflowId", "sequence");


-- Organisations may add to histories of their own.
GRANT USAGE ON SEQUENCE "workflow_events_sequence_seq" TO quarry_tenant;
