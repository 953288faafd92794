/**
 * What runs beside requests. In each process: sweeps of its own pools and caches, the health of its pools, its sign of life. In the
 * process that runs jobs (see runsJobs): the jobs of workers/registry.ts. When the process is asked to stop: the drain.
 */

import { failLostExchanges } from '@/lib/conversations';
import { type Clock, systemClock } from '@/lib/kernel/clock';
import { toQuarryError } from '@/lib/kernel/errors';
import { logger } from '@/lib/kernel/log';
import { settings } from '@/lib/kernel/settings';
import { singleton } from '@/lib/kernel/singleton';
import { cleanResults, flushHistory } from '@/lib/query';
import { drainQueue, jobQueue, runsJobs, startQueue } from '@/lib/queue';
import { closeRedis, redisState } from '@/lib/redis';
import { preloadSchemas } from '@/lib/schema';
import { checkPools, drainPools, sweepPools } from '@/lib/sources';
import { HANDLERS } from './registry';

/** Milliseconds that running jobs, and then running queries, get to end by themselves; scripts/server.mjs gives the process 15 s in all. */
const JOBS_GRACE_MS = 3_000;
const QUERIES_GRACE_MS = 8_000;

/** What each process does for itself, since pools and memory are its own; the rest are jobs, which run once for all processes. */
const SWEEPS: Record<string, { run: (clock: Clock) => Promise<number>; everyMs: () => number }> = {
  'pools.sweep': { run: sweepPools, everyMs: () => settings().sweepIntervalMs },
  'pools.check': { run: checkPools, everyMs: () => settings().healthIntervalMs },
  'memory.sweep': { run: cleanResults, everyMs: () => settings().sweepIntervalMs },
};

/**
 * Starts the timers, the queue, and the drain on SIGTERM and SIGINT, once per process.
 * @param role a worker runs jobs whatever WORKERS says; a web server as it says
 * @throws QuarryError settings.invalid naming the variable: the process doesn't start with a setting it would misread
 */
export function startWorkers(role: 'web' | 'worker' = 'web'): void {
  settings();
  singleton('workers.started', () => {
    // Its connection is made before the first request wants it.
    redisState();
    for (const [name, { run, everyMs }] of Object.entries(SWEEPS)) setInterval(() => void sweep(name, run), everyMs()).unref();
    // Beside everything else: being ready doesn't wait for it.
    if (role === 'web' && !settings().lazySchemaLoading) void preloadSchemas(systemClock);
    const onLost = () => failLostExchanges(systemClock);
    const works = role === 'worker' || runsJobs();
    void startQueue(works ? { handlers: HANDLERS, onLost } : { onLost }).catch((error: unknown) =>
      logger().error({ err: error }, 'jobs could not be started'),
    );
    const stop = async () => {
      await drain();
      if (role === 'worker') process.exit(0);
    };
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => void stop());
    return true;
  });
}

/** Jobs and queries end, and what is known of the queries that ran is written down: at once, and again when the last have ended. */
async function drain(): Promise<void> {
  await Promise.all([flushHistory(), drainQueue(JOBS_GRACE_MS)]);
  await drainPools(QUERIES_GRACE_MS);
  await flushHistory();
  await closeRedis();
}

async function sweep(name: string, run: (clock: Clock) => Promise<number>): Promise<void> {
  const at = systemClock.date().toISOString();
  try {
    jobQueue().reportSweep(name, { at, handled: await run(systemClock) });
  } catch (error) {
    jobQueue().reportSweep(name, { at, handled: 0, error: toQuarryError(error).message });
    logger().warn({ err: error, sweep: name }, 'sweep failed; it is tried again at the next interval');
  }
}
