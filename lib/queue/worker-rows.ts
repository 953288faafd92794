import { type Prisma, systemDb } from '../db';

/** How the last run of a process's own sweep went. */
export interface SweepReport {
  at: string;
  handled: number;
  error?: string;
}

export interface WorkerRow {
  id: string;
  runsJobs: boolean;
  running: number;
  sweeps: Record<string, SweepReport>;
  version: string;
  startedAt: Date;
  seenAt: Date;
}

/** Milliseconds of silence after which a process is no longer counted. */
export const ALIVE_MS = 35_000;
/** Milliseconds of silence after which its row is removed. */
const FORGET_MS = 3_600_000;

/** A process's sign of life. Rows of processes that were silent for long go with it. */
export async function recordWorker({ id, ...row }: WorkerRow): Promise<void> {
  const data = { ...row, sweeps: { ...row.sweeps } as unknown as Prisma.InputJsonObject };
  const known = await systemDb().worker.updateMany({ where: { id }, data });
  if (known.count > 0) return;
  await systemDb().worker.createMany({ data: [{ id, ...data }], skipDuplicates: true });
  await systemDb().worker.deleteMany({ where: { seenAt: { lt: new Date(row.seenAt.getTime() - FORGET_MS) } } });
}

export async function forgetWorker(id: string): Promise<void> {
  await systemDb().worker.deleteMany({ where: { id } });
}

/** Processes with a recent sign of life, oldest first. */
export async function listWorkers(now: Date): Promise<WorkerRow[]> {
  const rows = await systemDb().worker.findMany({
    where: { seenAt: { gt: new Date(now.getTime() - ALIVE_MS) } },
    orderBy: { startedAt: 'asc' },
  });
  return rows.map(({ sweeps, ...row }) => ({ ...row, sweeps: (sweeps ?? {}) as unknown as WorkerRow['sweeps'] }));
}
