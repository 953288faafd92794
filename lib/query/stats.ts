import type { Ctx } from '../access';
import { flushHistory } from './history';
import { resultCache } from './result-cache';

/** Figures of the organisation's queries since a moment; every one follows from the recorded runs. */
export interface QueryStats {
  queries: {
    /** ISO 8601. */
    since: string;
    count: number;
    ok: number;
    /** Refused, failed and timed out; what people cancelled is no error. */
    errors: number;
    cancelled: number;
    /** errors / count, 0 to 1. */
    errorRate: number;
    cacheHits: number;
    cacheMisses: number;
    /** hits / (hits + misses), 0 to 1. */
    hitRate: number;
    /** Nearest-rank percentiles of the duration of successful runs; null when there is none. */
    p50Ms: number | null;
    p95Ms: number | null;
    p99Ms: number | null;
  };
  /** Results that are kept for the organisation in the cache's back end, and the runs since that moment that were hits or misses. */
  cache: { entries: number; bytes: number; hits: number; misses: number };
}

const DAY_MS = 86_400_000;

/** @param since counts runs that started at or after this; default the last 24 hours */
export async function queryStats(ctx: Ctx, since?: Date): Promise<QueryStats> {
  await flushHistory();
  const from = since ?? new Date(ctx.clock.now() - DAY_MS);
  const where = { startedAt: { gte: from } };
  const groups = await ctx.db.queryRun.groupBy({ by: ['status', 'cacheState'], where, _count: { _all: true } });
  const sum = (keep: (group: { status: string; cacheState: string }) => boolean) =>
    groups.filter(keep).reduce((total, group) => total + group._count._all, 0);
  const count = sum(() => true);
  const ok = sum((g) => g.status === 'ok');
  const cancelled = sum((g) => g.status === 'cancelled');
  const cacheHits = sum((g) => g.cacheState === 'hit');
  const cacheMisses = sum((g) => g.cacheState === 'miss');
  const errors = count - ok - cancelled;
  const [p50Ms, p95Ms, p99Ms] = await Promise.all([0.5, 0.95, 0.99].map((p) => percentile(ctx, from, ok, p)));
  const held = await resultCache().stats(`${ctx.organization.id}:`);
  return {
    queries: {
      since: from.toISOString(),
      count,
      ok,
      errors,
      cancelled,
      errorRate: ratio(errors, count),
      cacheHits,
      cacheMisses,
      hitRate: ratio(cacheHits, cacheHits + cacheMisses),
      p50Ms: p50Ms ?? null,
      p95Ms: p95Ms ?? null,
      p99Ms: p99Ms ?? null,
    },
    cache: { ...held, hits: cacheHits, misses: cacheMisses },
  };
}

/** Nearest rank: the smallest duration that at least p of the runs did not exceed. One ordered read, exact. */
async function percentile(ctx: Ctx, from: Date, count: number, p: number): Promise<number | null> {
  if (count === 0) return null;
  const run = await ctx.db.queryRun.findFirst({
    where: { startedAt: { gte: from }, status: 'ok' },
    orderBy: { durationMs: 'asc' },
    skip: Math.ceil(p * count) - 1,
    select: { durationMs: true },
  });
  return run?.durationMs ?? null;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1e6) / 1e6;
}
