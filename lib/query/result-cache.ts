import { z } from 'zod';
import type { Ctx } from '../access';
import { type CacheFigures, cleanCaches, createCache, type NamedCache, SharedFlight } from '../cache';
import type { Clock } from '../kernel/clock';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { getSchema } from '../schema';
import { cacheKey } from './cache-key';
import type { Rows } from './execute';
import { weighRows } from './format';
import type { Prepared } from './prepare';

interface Entry {
  rows: Rows;
  /** Milliseconds of the clock when the rows had been read. */
  storedAt: number;
}

/** Results by key, in the back end that the installation chose. */
export const resultCache = () =>
  singleton<NamedCache<Entry>>('query.cache', () =>
    createCache({ name: 'query', maxBytes: settings().cacheMaxBytes, decode: decodeEntry }),
  );

/** What the cache of results did for the organisation. */
export function queryCacheFigures(ctx: Ctx): Promise<CacheFigures> {
  return resultCache().figures(ctx.organization.id);
}

/** Removes what has expired from the caches of this process and of what it shares with others. @returns how many entries */
export function cleanResults(_clock: Clock): Promise<number> {
  resultCache();
  return cleanCaches();
}

/** Equal runs in the air now, in this process and, where results are kept in Redis, in all. */
export const flights = () => singleton('query.flights', () => new SharedFlight<Rows>({ name: 'query' }));

/**
 * The key of a prepared query, or null when its result must not be reused: a switch is off, a repeat may give another answer, or the
 * schema (part of the key) can't be read.
 */
export async function resultKey(ctx: Ctx, prepared: Prepared): Promise<string | null> {
  const { source } = prepared;
  if (!source.cache.query.enabled || !prepared.facts.deterministic) return null;
  const schema = await getSchema(ctx, source).catch((error: unknown) => {
    ctx.log.warn({ err: error }, 'query cache: bypassed, the schema could not be read');
    return null;
  });
  if (!schema) return null;
  return cacheKey({
    organizationId: ctx.organization.id,
    environmentId: source.environmentId,
    dataSourceId: source.source.id,
    credentialVersion: source.credentialVersion,
    cacheEpoch: source.cache.epoch,
    schemaFingerprint: schema.fingerprint,
    policyFingerprint: prepared.policy.fingerprint,
    normalised: prepared.facts.normalised,
    parameters: prepared.parameters,
    limit: prepared.limit,
  });
}

/** @returns the rows and how long ago they were read, or null */
export async function findRows(ctx: Ctx, prepared: Prepared, key: string): Promise<{ rows: Rows; ageMs: number } | null> {
  const entry = await resultCache().get(key);
  return entry ? ifYoung(ctx, prepared, entry) : null;
}

/** The same for a second look on behalf of one request, which is not counted. */
export async function peekRows(ctx: Ctx, prepared: Prepared, key: string): Promise<Rows | undefined> {
  const entry = await resultCache().peek(key);
  return entry ? ifYoung(ctx, prepared, entry)?.rows : undefined;
}

/** @returns whether others can find them now */
export function keepRows(ctx: Ctx, prepared: Prepared, key: string, rows: Rows): Promise<boolean> {
  const { ttlMs } = prepared.source.cache.query;
  return resultCache().set(key, { rows, storedAt: ctx.clock.now() }, { ttlMs, bytes: weighRows(rows.rows) });
}

/** The time that holds now decides, not the one that held when the rows were kept. */
function ifYoung(ctx: Ctx, prepared: Prepared, entry: Entry): { rows: Rows; ageMs: number } | null {
  const ageMs = Math.max(0, ctx.clock.now() - entry.storedAt);
  return ageMs < prepared.source.cache.query.ttlMs ? { rows: entry.rows, ageMs } : null;
}

const headSchema = z.object({
  storedAt: z.number(),
  rows: z.object({
    columns: z.array(z.object({ name: z.string(), type: z.string(), nativeType: z.string() })),
    rows: z.array(z.unknown()),
    truncated: z.object({ by: z.enum(['rows', 'bytes']), limit: z.number() }).nullable(),
  }),
});

/** What came from a file or over the network: its form is checked, each row's width too; then it is frozen as rows always are. */
function decodeEntry(text: string): Entry | undefined {
  try {
    const entry = JSON.parse(text) as Entry;
    if (!headSchema.safeParse(entry).success) return undefined;
    const width = entry.rows.columns.length;
    for (const row of entry.rows.rows) {
      if (!Array.isArray(row) || row.length !== width) return undefined;
      Object.freeze(row);
    }
    Object.freeze(entry.rows.rows);
    return entry;
  } catch {
    return undefined;
  }
}
