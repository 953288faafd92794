import { Prisma, systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import { settings } from '../kernel/settings';

const DAY_MS = 86_400_000;
/** Rows that one statement removes: short locks, and a stop in between loses nothing. */
const BATCH = 5_000;

/**
 * Removes query history older than HISTORY_RETENTION_DAYS, of every organisation.
 * @returns how many rows
 */
export async function cleanHistory(clock: Clock): Promise<number> {
  const before = new Date(clock.now() - settings().historyRetentionDays * DAY_MS);
  let total = 0;
  for (;;) {
    // By organisation, as the index is.
    const removed = await systemDb().$executeRaw(Prisma.sql`
      DELETE FROM query_runs WHERE "id" IN (
        SELECT old."id" FROM organizations o, LATERAL (
          SELECT "id" FROM query_runs q WHERE q."organizationId" = o."id" AND q."startedAt" < ${before}::timestamptz LIMIT ${BATCH}
        ) old LIMIT ${BATCH})`);
    total += removed;
    if (removed < BATCH) return total;
  }
}
