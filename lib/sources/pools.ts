import { hostname } from 'node:os';
import type { Ctx } from '../access/context';
import type { Clock } from '../kernel/clock';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { PoolRegistry } from './pool-registry';
import { followChanges } from './source-changed';
import type { Health } from './source-health';
import type { HealthReport, PoolReport } from './types';

/** The process's registry. */
export function pools(): PoolRegistry {
  return singleton('sources.pools', () => {
    const registry = new PoolRegistry({
      maxPerOrganization: settings().poolMaxPerOrganization,
      maxTotal: settings().poolMaxTotal,
    });
    followChanges(registry);
    return registry;
  });
}

/** The process that tells the figures: each has pools of its own. */
export const poolInstance = `${hostname()}/${process.pid}`;

/** Every open pool of the caller's organisation in this process; `active`, `idle` and `waiting` are the driver's own figures. */
export function poolStats(ctx: Ctx): PoolReport[] {
  return pools()
    .figures(ctx.organization.id)
    .map(({ lastUsedAt, createdAt, health, ...figures }) => ({
      ...figures,
      lastUsedAt: new Date(lastUsedAt).toISOString(),
      createdAt: new Date(createdAt).toISOString(),
      health: reportHealth(health),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.role < b.role ? -1 : 1));
}

/** Null health: nobody has tried the source in this process. */
export function reportHealth(health: Health | null): HealthReport {
  if (!health) return { state: 'unknown' };
  const { state, latencyMs, reason } = health;
  return {
    state,
    since: new Date(health.since).toISOString(),
    checkedAt: new Date(health.checkedAt).toISOString(),
    ...(latencyMs === null ? {} : { latencyMs }),
    ...(reason === undefined ? {} : { reason }),
    ...(health.nextTryAt === undefined ? {} : { nextTryAt: new Date(health.nextTryAt).toISOString() }),
    ...(health.lagS === undefined ? {} : { lagS: health.lagS }),
  };
}

/** Closes pools that have been idle for settings().poolIdleMs. @returns how many */
export async function sweepPools(clock: Clock): Promise<number> {
  return pools().sweep(clock, settings().poolIdleMs);
}

/** Closes every pool; running queries may end within graceMs (milliseconds), the rest is cancelled in the database. */
export async function drainPools(graceMs: number): Promise<void> {
  await pools().drain(graceMs);
}
