-- DropIndex
DROP INDEX "workflow_events_organizationId_workflowId_at_idx";

-- AlterTable
ALTER TABLE "data_sources" ADD COLUMN     "cacheSettings" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "replica" JSONB,
ADD COLUMN     "tables" JSONB;

-- AlterTable
ALTER TABLE "organizations" ADD COLUMN     "settings" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "workflow_events" ADD COLUMN     "installation" BOOLEAN NOT NULL DEFAULT false,
ALTER COLUMN "organizationId" DROP NOT NULL;

-- AlterTable
ALTER TABLE "workflows" ADD COLUMN     "activeKey" TEXT,
ADD COLUMN     "attempt" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "cancelledAt" TIMESTAMPTZ(3),
ADD COLUMN     "deliveredAt" TIMESTAMPTZ(3),
ADD COLUMN     "heartbeatAt" TIMESTAMPTZ(3),
ADD COLUMN     "installation" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "maxAttempts" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "onceKey" TEXT,
ADD COLUMN     "requestedById" UUID,
ADD COLUMN     "result" JSONB,
ADD COLUMN     "workerId" TEXT,
ALTER COLUMN "organizationId" DROP NOT NULL;

-- CreateIndex
CREATE INDEX "workflow_events_workflowId_at_idx" ON "workflow_events"("workflowId", "at");

-- CreateIndex
CREATE UNIQUE INDEX "workflows_activeKey_key" ON "workflows"("activeKey");

-- CreateIndex
CREATE UNIQUE INDEX "workflows_onceKey_key" ON "workflows"("onceKey");

-- CreateIndex
CREATE INDEX "workflows_organizationId_createdAt_id_idx" ON "workflows"("organizationId", "createdAt", "id");


-- A row without an organisation is one of the installation, and on purpose. Prisma's schema can't say this. The policies of row-level
-- security compare with "organizationId" and so show these rows to no organisation, and let none write them.
ALTER TABLE "workflows" ADD CONSTRAINT "workflows_owner" CHECK (("organizationId" IS NULL) = "installation");
ALTER TABLE "workflow_events" ADD CONSTRAINT "workflow_events_owner" CHECK (("organizationId" IS NULL) = "installation");
