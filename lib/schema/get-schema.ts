import type { Ctx } from '../access';
import type { Catalogue } from '../adapters/contract';
import { SingleFlight } from '../cache';
import { type RecordedSchema, readDescriptions, recordSchemaVersion, withInferredForeignKeys } from '../catalogue';
import { Prisma } from '../db';
import { QuarryError } from '../kernel/errors';
import { settings } from '../kernel/settings';
import { singleton } from '../kernel/singleton';
import { type OpenSource, openSource } from '../sources';
import { type StoredSchema, schemaMemory } from './memory';
import type { SchemaView } from './view';

/**
 * The schema of a source, from the first layer that has it fresh: memory, builder database, source. A source that can't be
 * reached just now is answered from the builder database, however old; `fetchedAt` says so. [D3]
 * @param source its id, or what openSource gave, which saves a look-up
 * @throws QuarryError not_found; source.unreachable and the like when nothing was ever read
 */
export async function getSchema(ctx: Ctx, source: string | OpenSource): Promise<SchemaView> {
  const open = typeof source === 'string' ? await openSource(ctx, source) : source;
  const key = keyOf(ctx, open);
  const remembered = schemaMemory().get(key);
  if (remembered && isFresh(ctx, remembered)) return { ...remembered, layer: 'memory' };
  const { value } = await flights().share(key, ctx.signal, (signal) => load(ctx, open, signal));
  return value;
}

/**
 * Reads the schema from the source now, and keeps a new version when it changed.
 * @throws QuarryError not_found, and whatever connecting or reading the source throws
 */
export async function refreshSchema(ctx: Ctx, source: string | OpenSource): Promise<SchemaView> {
  const open = typeof source === 'string' ? await openSource(ctx, source) : source;
  // Not shared with one in flight: that may have begun before the change that the caller knows of.
  return readFromSource(ctx, open, ctx.signal);
}

/**
 * Says that the schema is known to have changed: the next getSchema reads the source.
 * @throws QuarryError not_found
 */
export async function invalidateSchema(ctx: Ctx, dataSourceId: string): Promise<void> {
  const open = await openSource(ctx, dataSourceId);
  const latest = await ctx.db.schemaVersion.findFirst({
    where: { dataSourceId },
    orderBy: { version: 'desc' },
    select: { id: true },
  });
  if (latest) await ctx.db.schemaVersion.updateMany({ where: { id: latest.id }, data: { fetchedAt: new Date(0) } });
  schemaMemory().delete(keyOf(ctx, open));
}

/** Forgets the first layer's copy, after something beside the structure changed. */
export function forgetSchema(ctx: Ctx, open: OpenSource): void {
  schemaMemory().delete(keyOf(ctx, open));
}

async function load(ctx: Ctx, open: OpenSource, signal: AbortSignal): Promise<SchemaView> {
  const stored = await readFromDatabase(ctx, open);
  if (stored && isFresh(ctx, stored)) {
    schemaMemory().set(keyOf(ctx, open), stored);
    return { ...stored, layer: 'database' };
  }
  try {
    return await readFromSource(ctx, open, signal);
  } catch (error) {
    if (!stored || !isOutage(error)) throw error;
    ctx.log.warn(
      { dataSourceId: open.source.id, code: error.code },
      'schema is older than it should be: the source is not reachable',
    );
    return { ...stored, layer: 'database' };
  }
}

async function readFromDatabase(ctx: Ctx, open: OpenSource): Promise<StoredSchema | null> {
  const dataSourceId = open.source.id;
  const row = await ctx.db.schemaVersion.findFirst({ where: { dataSourceId }, orderBy: { version: 'desc' } });
  if (!row) return null;
  return {
    version: row.version,
    fingerprint: row.fingerprint,
    fetchedAt: row.fetchedAt.toISOString(),
    catalogue: withInferredForeignKeys(row.catalogue as unknown as Catalogue),
    descriptions: await readDescriptions(ctx.db, dataSourceId),
  };
}

async function readFromSource(ctx: Ctx, open: OpenSource, signal: AbortSignal): Promise<SchemaView> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(settings().queryTimeoutMs)]);
  const catalogue = await introspect(open, bounded);
  const recorded = await record(ctx, open.source.id, catalogue);
  const stored: StoredSchema = {
    version: recorded.version,
    fingerprint: recorded.fingerprint,
    fetchedAt: recorded.fetchedAt.toISOString(),
    catalogue: withInferredForeignKeys(catalogue),
    descriptions: recorded.descriptions,
  };
  schemaMemory().set(keyOf(ctx, open), stored);
  return { ...stored, layer: 'source' };
}

/** Two that read the source at the same time may want the same version number: the later one looks again. */
async function record(ctx: Ctx, dataSourceId: string, catalogue: Catalogue): Promise<RecordedSchema> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ctx.db.$transaction((tx) => recordSchemaVersion(tx, dataSourceId, catalogue, ctx.clock), { timeout: 30_000 });
    } catch (error) {
      const raced = error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
      if (!raced || attempt >= 3) throw error;
    }
  }
}

async function introspect(open: OpenSource, signal: AbortSignal): Promise<Catalogue> {
  const lease = await open.lease({ signal });
  let broken = true;
  try {
    const catalogue = await lease.introspect(signal);
    broken = false;
    return catalogue;
  } finally {
    lease.release(broken);
  }
}

const keyOf = (ctx: Ctx, open: OpenSource) => `${ctx.organization.id}/${open.source.id}/${open.credentialVersion}`;

const isFresh = (ctx: Ctx, schema: StoredSchema) => ctx.clock.now() - Date.parse(schema.fetchedAt) < settings().cacheSchemaTtlMs;

const flights = () => singleton('schema.flights', () => new SingleFlight<SchemaView>());

function isOutage(error: unknown): error is QuarryError {
  return error instanceof QuarryError && (error.code.startsWith('source.') || error.code === 'pool.timeout');
}
