/** A process that runs jobs and nothing else: `npm run worker`. Ends by SIGTERM or SIGINT, after its jobs or putting them back. */
import { toQuarryError } from '@/lib/kernel/errors';
import { logger } from '@/lib/kernel/log';
import { startWorkers } from './main';

try {
  startWorkers('worker');
  // All timers of the parts let a process end; this one doesn't.
  setInterval(() => undefined, 60_000);
  logger().info('worker started');
} catch (error) {
  console.error(`problem: ${toQuarryError(error).message}`);
  process.exitCode = 1;
}
