import type { Ctx } from '../access';
import { type Cache, type CacheStats, memoryCache, SingleFlight } from '../cache';
import { processClock } from '../kernel/clock';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { getSchema } from '../schema';
import { cacheKey, cachePrefix } from './cache-key';
import type { Rows } from './execute';
import { weighRows } from './format';
import type { Prepared } from './prepare';

interface Entry {
  rows: Rows;
  storedAt: number;
}

const cache = () =>
  singleton<Cache<Entry>>('query.cache', () =>
    memoryCache({
      maxBytes: settings().cacheMaxBytes,
      clock: { now: () => processClock().now(), date: () => processClock().date() },
    }),
  );

/** Equal runs in the air now. */
export const flights = () => singleton('query.flights', () => new SingleFlight<Rows>());

/**
 * The key of a prepared query, or null when its result must not be reused: the switch is off, a repeat may give another answer, or
 * the schema (part of the key) can't be read.
 */
export async function resultKey(ctx: Ctx, prepared: Prepared): Promise<string | null> {
  if (!settings().cacheEnabled || !prepared.facts.deterministic) return null;
  const schema = await getSchema(ctx, prepared.source).catch((error: unknown) => {
    ctx.log.warn({ err: error }, 'query cache: bypassed, the schema could not be read');
    return null;
  });
  if (!schema) return null;
  return cacheKey({
    organizationId: ctx.organization.id,
    environmentId: prepared.source.environmentId,
    dataSourceId: prepared.source.source.id,
    credentialVersion: prepared.source.credentialVersion,
    schemaFingerprint: schema.fingerprint,
    policyFingerprint: prepared.policy.fingerprint,
    normalised: prepared.facts.normalised,
    parameters: prepared.parameters,
    limit: prepared.limit,
  });
}

/** @returns the rows and how long ago they were read, or null */
export async function findRows(ctx: Ctx, key: string): Promise<{ rows: Rows; ageMs: number } | null> {
  const entry = await cache().get(key);
  if (!entry) return null;
  const ageMs = Math.max(0, ctx.clock.now() - entry.storedAt);
  return ageMs < settings().cacheQueryTtlMs ? { rows: entry.rows, ageMs } : null;
}

export async function keepRows(ctx: Ctx, key: string, rows: Rows): Promise<void> {
  await cache().set(key, { rows, storedAt: ctx.clock.now() }, { ttlMs: settings().cacheQueryTtlMs, bytes: weighRows(rows.rows) });
}

/** What this process remembers for an organisation. */
export function cacheStats(organizationId: string): Promise<CacheStats> {
  return cache().stats(cachePrefix(organizationId));
}
