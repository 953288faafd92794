import { type Ctx, jobContext } from '../access';
import type { Lease } from '../adapters/contract';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { openSource } from './open-source';
import type { PoolOwner } from './pool-entry';
import { pools, reportHealth } from './pools';
import { measureLag } from './replica';
import { getSourceRow, ownerOf } from './source-row';
import type { HealthReport } from './types';

/** A server that takes longer for one round trip is taken for gone. */
const ANSWER_WITHIN_MS = 5_000;

/**
 * The health monitor of this process: asks the pools that are open, and the sources that are down and due, for a sign of life. Nothing
 * is opened for a source that nobody uses. [E6]
 * @returns how many were asked
 */
export async function checkPools(clock: Clock): Promise<number> {
  const asked = await pools().check(clock, (lease, owner) => answer(lease, owner, clock));
  const due = pools().health.due(clock, settings().poolIdleMs);
  await Promise.all(due.map((owner) => retry(owner, clock)));
  return asked + due.length;
}

/**
 * Asks a source now whether it answers, whenever its next try would be due.
 * @throws QuarryError not_found; source.* with what is wrong
 */
export async function checkSource(ctx: Ctx, dataSourceId: string): Promise<HealthReport> {
  const row = await getSourceRow(ctx, dataSourceId);
  const source = await openSource(ctx, dataSourceId);
  const lease = await source.lease({ signal: ctx.signal, purpose: 'try' });
  await answer(lease, ownerOf(row), ctx.clock);
  return reportHealth(pools().health.of(ownerOf(row)));
}

async function retry(owner: PoolOwner, clock: Clock): Promise<void> {
  try {
    const ctx = await jobContext(owner.organizationId, { clock });
    const source = await openSource(ctx, owner.dataSourceId);
    const lease = await source.lease({ purpose: 'check', ...(owner.replica ? { only: 'replica' } : {}) });
    await answer(lease, owner, clock);
  } catch (error) {
    // What is wrong with the server is in the book; a source or organisation that is gone needs none.
    if (error instanceof QuarryError && error.code === 'not_found') pools().health.forget(owner);
  }
}

async function answer(lease: Lease, owner: PoolOwner, clock: Clock): Promise<void> {
  let broken = true;
  try {
    await signOfLife(lease, owner, clock);
    broken = false;
  } finally {
    lease.release(broken);
  }
}

async function signOfLife(lease: Lease, owner: PoolOwner, clock: Clock): Promise<void> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const started = performance.now();
  try {
    if (lease.ping) await lease.ping(signal);
    else await lease.validate();
  } catch (error) {
    if (!signal.aborted) throw error;
    const message = `The database didn't answer within ${ANSWER_WITHIN_MS / 1000} s.`;
    throw new QuarryError('source.unreachable', message, { stage: 'connect', cause: error });
  }
  pools().health.answered(owner, clock, Math.round((performance.now() - started) * 100) / 100);
  if (owner.replica) pools().health.lagging(owner, clock, await measureLag(lease, signal));
}
