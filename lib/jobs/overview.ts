import type { Ctx } from '../access';
import { JOBS, jobQueue, lastRuns, listWorkers, type QueueName } from '../queue';
import { QUESTION } from '../queue/schema';
import { redisState } from '../redis';
import type { QueueFigures, QueueOverview } from './schema';
import { jobNameOf, labelOf } from './view';

const DAY_MS = 86_400_000;

const QUEUE_LABELS: Record<QueueName, string> = { sources: 'Work on data sources', upkeep: 'Upkeep of Quarry' };

/** Queues that hold jobs of organisations; the others' are the installation's. */
const OWN_QUEUES = (Object.keys(QUEUE_LABELS) as QueueName[]).filter((name) =>
  Object.values(JOBS).some(({ queue, scope }) => queue === name && scope === 'organization'),
);

/** The organisation's queues, and the machinery that runs them. */
export async function queueOverview(ctx: Ctx): Promise<QueueOverview> {
  const now = ctx.clock.date();
  const [queues, workers, last] = await Promise.all([countQueues(ctx), listWorkers(now), lastRuns()]);
  const backend = jobQueue().transport.name;
  const { state, since, reason } = redisState();
  return {
    backend,
    redis: { state, since, ...(reason ? { reason } : {}) },
    trouble: troubleOf(
      backend,
      state,
      workers.some(({ runsJobs }) => runsJobs),
    ),
    queues,
    workers: workers.map(({ id, runsJobs, version, startedAt, seenAt, sweeps }) => ({
      ...{ id: id.slice(0, 8), runsJobs, version, startedAt: startedAt.toISOString(), seenAt: seenAt.toISOString() },
      sweeps: Object.entries(sweeps).map(([name, { at, error }]) => ({ name, at, ok: error === undefined })),
    })),
    schedules: Object.entries(JOBS).flatMap(([kind, job]) => {
      const everyMs = 'everyMs' in job ? job.everyMs?.() : undefined;
      return everyMs === undefined ? [] : [{ kind, label: labelOf(kind), everyMs, last: last.get(kind) ?? null }];
    }),
  };
}

function troubleOf(backend: 'redis' | 'process', state: string, works: boolean): string | null {
  if (backend === 'redis' && state === 'down') return 'Redis is away. Jobs are kept and run once it is back.';
  if (works) return null;
  return backend === 'redis'
    ? 'No worker is running, so jobs wait. Start one with "npm run worker".'
    : 'No process runs jobs, so they wait. Set WORKERS=in-process, or start one with "npm run worker".';
}

async function countQueues(ctx: Ctx): Promise<QueueFigures[]> {
  const now = ctx.clock.date();
  const jobs = { kind: { not: QUESTION } };
  const [unfinished, delayed, failed] = await Promise.all([
    ctx.db.workflow.groupBy({ by: ['kind', 'status'], where: { ...jobs, status: { in: ['pending', 'running'] } }, _count: true }),
    ctx.db.workflow.groupBy({ by: ['kind'], where: { ...jobs, status: 'pending', runAt: { gt: now } }, _count: true }),
    ctx.db.workflow.groupBy({
      by: ['kind'],
      where: {
        ...jobs,
        status: 'failed',
        finishedAt: { gt: new Date(now.getTime() - DAY_MS) },
        NOT: { error: { path: ['code'], equals: 'job.cancelled' } },
      },
      _count: true,
    }),
  ]);
  const sum = (rows: { kind: string; _count: number }[], queue: QueueName) =>
    rows.filter(({ kind }) => queueOf(kind) === queue).reduce((total, row) => total + row._count, 0);
  return OWN_QUEUES.map((name) => {
    const later = sum(delayed, name);
    const pending = unfinished.filter(({ status }) => status === 'pending');
    const running = unfinished.filter(({ status }) => status === 'running');
    return {
      ...{ name, label: QUEUE_LABELS[name], waiting: Math.max(0, sum(pending, name) - later), delayed: later },
      ...{ running: sum(running, name), failed: sum(failed, name) },
    };
  });
}

function queueOf(kind: string): QueueName {
  const name = jobNameOf(kind);
  return name ? JOBS[name].queue : 'sources';
}
