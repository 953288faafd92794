import type { Ctx } from '../access';
import type { ConnectionInput, Lease, Manifest } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import { openPool, type PoolRecipe } from './open-pool';
import type { MadePool, PoolOwner } from './pool-entry';
import { pools } from './pools';
import type { ReplicaSettings } from './schema';

/** A replica's lag is believed for this long (milliseconds); then the next query measures it again, in one round trip. */
const LAG_FRESH_MS = 5_000;

export type ReplicaAnswer = { lease: Lease } | { refusal: string };

interface ReplicaUse {
  owner: PoolOwner;
  credentialVersion: number;
  replica: ReplicaSettings;
  make: () => Promise<MadePool>;
  signal?: AbortSignal;
}

/**
 * A connection to the replica, if it answers and is near enough to its primary.
 * @returns the lease, or in one sentence why the primary should answer
 * @throws QuarryError what is no fault of the replica: pool.timeout, query.cancelled
 */
export async function leaseReplica(
  ctx: Ctx,
  { owner, credentialVersion, replica, make, signal }: ReplicaUse,
): Promise<ReplicaAnswer> {
  const registry = pools();
  const known = registry.health.lagOf(owner, ctx.clock, LAG_FRESH_MS);
  if (known !== undefined && !isNear(known, replica)) return { refusal: tooFar(known, replica) };
  let lease: Lease;
  try {
    lease = await registry.lease(owner, credentialVersion, make, { signal, clock: ctx.clock });
  } catch (error) {
    if (error instanceof QuarryError && error.code.startsWith('source.')) {
      return { refusal: "The read replica can't be reached, so the primary answered." };
    }
    throw error;
  }
  if (known !== undefined) return { lease };
  try {
    const lag = await measureLag(lease, signal);
    registry.health.lagging(owner, ctx.clock, lag);
    if (isNear(lag, replica)) return { lease };
    lease.release();
    return { refusal: tooFar(lag, replica) };
  } catch (error) {
    lease.release(true);
    if (signal?.aborted) throw error;
    return { refusal: "The read replica didn't say how far behind it is, so the primary answered." };
  }
}

/**
 * The stored connection, to the replica instead: the same database, login and TLS settings, another address.
 * @throws QuarryError input.invalid when the engine can't be reached like that
 */
export function atReplica(manifest: Manifest, config: unknown, { host, port }: ReplicaSettings): unknown {
  const known = config as ConnectionInput;
  return manifest.connectionSchema.parse({ ...known, host, port: port ?? known.port ?? manifest.defaultPort });
}

/** Seconds behind; null when it is no replica or doesn't know. */
export async function measureLag(lease: Lease, signal?: AbortSignal): Promise<number | null> {
  return (await lease.replicaLag?.(signal ?? AbortSignal.timeout(LAG_FRESH_MS))) ?? null;
}

/**
 * Connects to a replica once, before it is saved.
 * @throws QuarryError input.invalid when it is no replica, or the engine has none; source.* when it can't be reached
 */
export async function testReplica(ctx: Ctx, recipe: PoolRecipe, replica: ReplicaSettings): Promise<void> {
  const { manifest } = recipe.adapter;
  if (manifest.capabilities.transport === 'file') throw noReplica(`${manifest.label} has no read replicas.`);
  const { pool } = await openPool({ ...recipe, config: atReplica(manifest, recipe.config, replica) });
  try {
    const lease = await pool.lease({ signal: ctx.signal });
    try {
      if (!lease.replicaLag) throw noReplica(`Quarry can't tell how far a replica of ${manifest.label} is behind.`);
      const lag = await lease.replicaLag(ctx.signal);
      if (lag === null) throw noReplica(`${replica.host} answers, but it doesn't replicate another server. Name a replica.`);
    } finally {
      lease.release();
    }
  } finally {
    await pool.drain(0);
  }
}

function noReplica(message: string): QuarryError {
  return new QuarryError('input.invalid', message, { details: { fields: ['replica'] } });
}

const isNear = (lagS: number | null, { maxLagS }: ReplicaSettings) => lagS !== null && lagS <= maxLagS;

function tooFar(lagS: number | null, { maxLagS }: ReplicaSettings): string {
  if (lagS === null) return "The read replica isn't replicating, so the primary answered.";
  return `The read replica is ${Math.ceil(lagS)} s behind (at most ${maxLagS} s is allowed), so the primary answered.`;
}
