import { LRUCache } from 'lru-cache';
import { jobContext } from '../access';
import { systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import { toQuarryError } from '../kernel/errors';
import { logger } from '../kernel/log';
import { singleton } from '../kernel/singleton';
import { openSource } from '../sources';
import { getSchema, refreshSchema } from './get-schema';

const HOUR_MS = 3_600_000;
/** A source that somebody queried within this time is kept fresh in the background. */
const IN_USE_MS = 24 * HOUR_MS;
/** At the start, schemas of sources that were queried within this time are loaded. */
const RECENT_MS = 72 * HOUR_MS;
/** Sources in one go, the most recently changed ones first: what is left out is loaded when it is needed. */
const MOST = 500;
/** Sources read at the same time: warming must not take the connections that people wait for. */
const AT_ONCE = 4;
/** Of the time to live, after which a schema is read again: between these, spread by source, so that not all are due together. */
const DUE = { from: 0.6, spread: 0.2 };
const BACK_OFF = { firstMs: 60_000, mostMs: HOUR_MS };

interface Candidate {
  organizationId: string;
  id: string;
}

/**
 * Reads schemas again before they are too old, of sources in use, so that nobody waits for it. A source that fails is left alone for a
 * minute, then two, four, at most an hour. [D5]
 * @returns how many were read
 */
export async function warmSchemas(clock: Clock): Promise<number> {
  const candidates = await sourcesInUse(clock, IN_USE_MS);
  return countEach(candidates, async ({ organizationId, id }) => {
    const failure = failures().get(id);
    if (failure && clock.now() < failure.until) return false;
    const ctx = await jobContext(organizationId, { clock });
    const open = await openSource(ctx, id);
    const { enabled, ttlMs } = open.cache.schema;
    if (!enabled || !(await isDue(organizationId, id, clock, ttlMs))) return false;
    try {
      await refreshSchema(ctx, open, { reason: 'warming' });
      failures().delete(id);
      return true;
    } catch (error) {
      const count = (failure?.count ?? 0) + 1;
      const pauseMs = Math.min(BACK_OFF.mostMs, BACK_OFF.firstMs * 2 ** (count - 1)) * (1 + Math.random() / 10);
      failures().set(id, { count, until: clock.now() + pauseMs });
      ctx.log.info(
        { dataSourceId: id, code: toQuarryError(error).code, count, pauseMs: Math.round(pauseMs) },
        'schema was not warmed',
      );
      return false;
    }
  });
}

/**
 * Loads the schemas of sources in use into this process, from the first layer that has them. For the start, beside everything else.
 * Never throws. [D5]
 * @returns how many were loaded
 */
export async function preloadSchemas(clock: Clock): Promise<number> {
  const started = performance.now();
  try {
    const candidates = await sourcesInUse(clock, RECENT_MS);
    const loaded = await countEach(candidates, async ({ organizationId, id }) => {
      await getSchema(await jobContext(organizationId, { clock }), id);
      return true;
    });
    const durationMs = Math.round(performance.now() - started);
    logger().info({ loaded, of: candidates.length, durationMs }, 'schemas preloaded');
    return loaded;
  } catch (error) {
    logger().warn({ err: error }, 'schemas were not preloaded; they are loaded when they are needed');
    return 0;
  }
}

/** Sources that people, not Quarry itself, queried within this time, in every organisation. */
async function sourcesInUse(clock: Clock, withinMs: number): Promise<Candidate[]> {
  const used = { startedAt: { gte: new Date(clock.now() - withinMs) }, origin: { not: 'system' } };
  return systemDb().dataSource.findMany({
    where: { deletedAt: null, queryRuns: { some: used } },
    orderBy: { updatedAt: 'desc' },
    take: MOST,
    select: { organizationId: true, id: true },
  });
}

async function isDue(organizationId: string, dataSourceId: string, clock: Clock, ttlMs: number): Promise<boolean> {
  const latest = await systemDb().schemaVersion.findFirst({
    where: { organizationId, dataSourceId },
    orderBy: { version: 'desc' },
    select: { fetchedAt: true },
  });
  const place = Number.parseInt(dataSourceId.slice(0, 4), 16) / 0xffff;
  return !latest || clock.now() - latest.fetchedAt.getTime() >= ttlMs * (DUE.from + DUE.spread * place);
}

/** @returns for how many `work` answered true; one that throws (deleted meanwhile, not reachable) is left out */
async function countEach(candidates: readonly Candidate[], work: (candidate: Candidate) => Promise<boolean>): Promise<number> {
  const queue = [...candidates];
  let count = 0;
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const done = await work(next).catch((error: unknown) => {
        logger().debug({ code: toQuarryError(error).code }, 'schema was left out of warming');
        return false;
      });
      if (done) count += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return count;
}

const failures = () =>
  singleton('schema.warmingFailures', () => new LRUCache<string, { count: number; until: number }>({ max: 10_000 }));
