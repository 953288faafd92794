import { cacheHealth } from '../cache';
import { pingDb } from '../db';
import { redisConfigured, redisState, tryRedis } from '../redis';

export interface Check {
  ok: boolean;
  latencyMs: number;
  detail?: string;
}

export interface Readiness {
  /** `degraded`: it serves, but what makes it fast or shared is away; it is expected to come back by itself. */
  status: 'ready' | 'degraded' | 'unavailable';
  checks: { database: Check; cache: Check; queue: Check };
}

/** A dependency that doesn't answer within this time isn't ready. */
const PATIENCE_MS = 3_000;

/**
 * Asks each dependency whether it can serve. Only the builder database is needed to answer; without Redis, caches and jobs are in this
 * process. Texts are ours: a driver's would name hosts.
 */
export async function checkReadiness(): Promise<Readiness> {
  const [database, cache, queue] = await Promise.all([checkDatabase(), checkCache(), checkQueue()]);
  const well = cache.ok && queue.ok;
  return { status: database.ok ? (well ? 'ready' : 'degraded') : 'unavailable', checks: { database, cache, queue } };
}

async function checkCache(): Promise<Check> {
  const { latencyMs } = cacheHealth().backend === 'redis' ? await pingRedis() : { latencyMs: 0 };
  const { backend, trouble } = cacheHealth();
  if (trouble === null) return { ok: true, latencyMs, detail: backend };
  return { ok: false, latencyMs, detail: `${trouble} Results are kept in memory until it works again.` };
}

async function checkQueue(): Promise<Check> {
  if (!redisConfigured()) return { ok: true, latencyMs: 0, detail: 'in process' };
  const { latencyMs } = await pingRedis();
  const { state, reason } = redisState();
  if (state === 'up') return { ok: true, latencyMs, detail: 'redis' };
  return { ok: false, latencyMs, detail: `${reason ?? 'Redis cannot be reached.'} Jobs wait until it is back.` };
}

async function pingRedis(): Promise<{ latencyMs: number }> {
  const startedAt = performance.now();
  await tryRedis((client) => client.ping());
  return { latencyMs: Math.round((performance.now() - startedAt) * 10) / 10 };
}

async function checkDatabase(): Promise<Check> {
  const startedAt = performance.now();
  const elapsedMs = () => Math.round((performance.now() - startedAt) * 10) / 10;
  const patience = new AbortController();
  const gaveUp = new Promise<null>((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    patience.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  try {
    const pinged = await Promise.race([pingDb(), gaveUp]);
    if (!pinged) return { ok: false, latencyMs: elapsedMs(), detail: 'The builder database does not answer.' };
    return { ok: true, latencyMs: Math.round(pinged.latencyMs * 10) / 10 };
  } catch {
    return { ok: false, latencyMs: elapsedMs(), detail: 'The builder database cannot be reached.' };
  } finally {
    patience.abort();
  }
}
