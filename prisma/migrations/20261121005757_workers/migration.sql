-- CreateTable
CREATE TABLE "workers" (
    "id" TEXT NOT NULL,
    "runsJobs" BOOLEAN NOT NULL,
    "running" INTEGER NOT NULL DEFAULT 0,
    "sweeps" JSONB NOT NULL DEFAULT '{}',
    "version" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "seenAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "workers_seenAt_idx" ON "workers"("seenAt");
