import { pingDb } from '../db';

export interface Check {
  ok: boolean;
  latencyMs: number;
  detail?: string;
}

export interface Readiness {
  status: 'ready' | 'unavailable';
  checks: { database: Check; cache: Check; queue: Check };
}

/** A dependency that doesn't answer within this time isn't ready. */
const PATIENCE_MS = 3_000;

/**
 * Asks each dependency whether it can serve. Cache and queue are in this process as long as there is no Redis, so they are
 * ready when the process is. Texts are ours: a driver's would name hosts.
 */
export async function checkReadiness(): Promise<Readiness> {
  const database = await checkDatabase();
  const cache = { ok: true, latencyMs: 0, detail: 'memory' };
  const queue = { ok: true, latencyMs: 0, detail: 'in process' };
  return { status: database.ok ? 'ready' : 'unavailable', checks: { database, cache, queue } };
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
