import type { Pool, PoolStats } from '../adapters/contract';
import type { Health } from './source-health';

/** What a pool belongs to. Never a URL: two organisations with the same database have a pool each. */
export interface PoolOwner {
  organizationId: string;
  environmentId: string;
  dataSourceId: string;
  /** The source's read replica, which has a pool of its own. */
  replica?: true;
}

export interface MadePool {
  /** Which state of the source it was made from. A higher one replaces a lower one, never the other way round. */
  credentialVersion: number;
  name: string;
  min: number;
  max: number;
  waitMs: number;
  pool: Pool;
}

/** A pool of the registry. */
export interface Entry extends MadePool {
  owner: PoolOwner;
  createdAt: number;
  lastUsedAt: number;
  /** Leases taken or being taken. */
  users: number;
  /** Errors of the pool when it was last asked for a sign of life. */
  errorsSeen: number;
  retired: boolean;
}

export interface RegistryLimits {
  maxPerOrganization: number;
  maxTotal: number;
}

export interface PoolFigures extends Omit<PoolStats, 'refusal'> {
  dataSourceId: string;
  /** Of the source itself, or of its read replica. */
  role: 'primary' | 'replica';
  name: string;
  lastUsedAt: number;
  createdAt: number;
  /** Null while nobody has tried. */
  health: Health | null;
}

export const keyOf = (owner: PoolOwner) =>
  `${owner.organizationId}/${owner.environmentId}/${owner.dataSourceId}${owner.replica ? '/replica' : ''}`;

/** Connections that a pool has or is about to open for its users. */
export function connections(entry: Entry, users: number): number {
  const { active, idle } = entry.pool.stats();
  return Math.max(active + idle, Math.min(users, entry.max));
}

/** @param queued requests that wait for this pool before they reach it */
export function figuresOf(entry: Entry, queued: number, health: Health | null): PoolFigures {
  const { min, max, active, idle, waiting, opened, errors } = entry.pool.stats();
  return {
    min,
    max,
    active,
    idle,
    waiting: waiting + queued,
    opened,
    errors,
    dataSourceId: entry.owner.dataSourceId,
    role: entry.owner.replica ? 'replica' : 'primary',
    name: entry.name,
    lastUsedAt: entry.lastUsedAt,
    createdAt: entry.createdAt,
    health,
  };
}
