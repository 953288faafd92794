import { withDatabase } from '../scripts/services.mjs';
import { note } from './output';

/**
 * Runs a command straight on the builder database: DATABASE_URL, the running server's, or the embedded one, which is started
 * for the time of the command. It is migrated first, so that set-up works on a machine where nothing has run yet.
 */
export async function onBuilderDatabase<T>(work: () => Promise<T>): Promise<T> {
  return withDatabase(
    async () => {
      const { closeDb, migrate } = await import('../lib/db');
      const { closeRedis } = await import('../lib/redis');
      try {
        await migrate();
        return await work();
      } finally {
        await Promise.all([closeDb(), closeRedis()]);
      }
    },
    { log: note },
  );
}
