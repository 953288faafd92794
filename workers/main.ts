/**
 * What runs beside requests in each process: sweeps of idle pools and sessions, and the draining of pools when the process is asked
 * to stop. In-process only; a queue comes with the first job that needs one.
 */
import { sweepSessions } from '@/lib/access';
import { systemClock } from '@/lib/kernel/clock';
import { logger } from '@/lib/kernel/log';
import { settings } from '@/lib/kernel/settings';
import { singleton } from '@/lib/kernel/singleton';
import { flushHistory } from '@/lib/query';
import { preloadSchemas } from '@/lib/schema';
import { checkPools, drainPools, sweepPools } from '@/lib/sources';

/** Milliseconds that running queries get to end by themselves; scripts/server.mjs gives the process 15 s in all. */
const DRAIN_GRACE_MS = 8000;

const SWEEPS = { pools: sweepPools, sessions: sweepSessions };

/**
 * Starts the timers and the drain on SIGTERM and SIGINT, once per process.
 * @throws QuarryError settings.invalid naming the variable: the process doesn't start with a setting it would misread
 */
export function startWorkers(): void {
  const { sweepIntervalMs, healthIntervalMs } = settings();
  singleton('workers.started', () => {
    setInterval(() => void sweep(), sweepIntervalMs).unref();
    setInterval(() => void checkPools(systemClock), healthIntervalMs).unref();
    // Beside everything else: being ready doesn't wait for it.
    if (!settings().lazySchemaLoading) void preloadSchemas(systemClock);
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => void drain());
    return true;
  });
}

/** Running queries end, and what is known of the queries that ran is written down: at once, and again when the last have ended. */
async function drain(): Promise<void> {
  await Promise.all([flushHistory(), drainPools(DRAIN_GRACE_MS)]);
  await flushHistory();
}

async function sweep(): Promise<void> {
  for (const [name, run] of Object.entries(SWEEPS)) {
    try {
      await run(systemClock);
    } catch (error) {
      logger().warn({ err: error, sweep: name }, 'sweep failed; it is tried again at the next interval');
    }
  }
}
