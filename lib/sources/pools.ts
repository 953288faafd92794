import type { Ctx } from '../access/context';
import type { Clock } from '../kernel/clock';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { PoolRegistry } from './pool-registry';
import type { PoolReport } from './types';

/** The process's registry. */
export function pools(): PoolRegistry {
  return singleton(
    'sources.pools',
    () => new PoolRegistry({ maxPerOrganization: settings().poolMaxPerOrganization, maxTotal: settings().poolMaxTotal }),
  );
}

/** Every open pool of the caller's organisation in this process; `active`, `idle` and `waiting` are the driver's own figures. */
export function poolStats(ctx: Ctx): PoolReport[] {
  return pools()
    .figures(ctx.organization.id)
    .map(({ lastUsedAt, createdAt, ...figures }) => ({
      ...figures,
      lastUsedAt: new Date(lastUsedAt).toISOString(),
      createdAt: new Date(createdAt).toISOString(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Closes pools that have been idle for settings().poolIdleMs. @returns how many */
export async function sweepPools(clock: Clock): Promise<number> {
  return pools().sweep(clock, settings().poolIdleMs);
}

/** Closes every pool; running queries may end within graceMs (milliseconds), the rest is cancelled in the database. */
export async function drainPools(graceMs: number): Promise<void> {
  await pools().drain(graceMs);
}
