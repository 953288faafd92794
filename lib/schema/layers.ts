import type { Ctx } from '../access';
import type { Catalogue } from '../adapters/contract';
import { readDescriptions, withInferredForeignKeys } from '../catalogue';
import type { OpenSource } from '../sources';
import { schemaMemory } from './memory';
import { readShared, writeShared } from './shared-copy';
import type { SchemaLayer, StoredSchema } from './view';

/** Whose schema, by which login, and at which state of knowledge: a copy under this key can be too old, but never wrong. */
export function keyOf(ctx: Ctx, open: Pick<OpenSource, 'source' | 'credentialVersion' | 'schemaRevision'>): string {
  return `${ctx.organization.id}/${open.source.id}/${open.credentialVersion}/${open.schemaRevision}`;
}

/** By the rules of the source: where copies of schemas are switched off, none is fresh. */
export function isFresh(ctx: Ctx, open: OpenSource, schema: StoredSchema): boolean {
  const { enabled, ttlMs } = open.cache.schema;
  return enabled && ctx.clock.now() - Date.parse(schema.fetchedAt) < ttlMs;
}

/** The first layer's copy, if it is fresh. */
export function findInMemory(ctx: Ctx, open: OpenSource): StoredSchema | null {
  const found = schemaMemory().get(keyOf(ctx, open));
  if (!found) return null;
  if (isFresh(ctx, open, found.schema)) return found.schema;
  return found.believedUntil !== undefined && ctx.clock.now() < found.believedUntil ? found.schema : null;
}

/**
 * The second and third layer. A fresh copy goes into the layers above the one that had it.
 * @returns the newest there is, and whether it is fresh; null when nothing was ever read
 */
export async function findStored(
  ctx: Ctx,
  open: OpenSource,
): Promise<{ schema: StoredSchema; layer: SchemaLayer; fresh: boolean } | null> {
  const key = keyOf(ctx, open);
  const shared = open.cache.schema.enabled ? await readShared(key) : null;
  if (shared && isFresh(ctx, open, shared)) {
    schemaMemory().set(key, { schema: shared });
    return { schema: shared, layer: 'redis', fresh: true };
  }
  const schema = await readFromDatabase(ctx, open);
  if (!schema) return null;
  const fresh = isFresh(ctx, open, schema);
  if (fresh) await keepCopies(ctx, open, key, schema);
  return { schema, layer: 'database', fresh };
}

/** Leaves copies in memory and in Redis. */
export async function keepCopies(ctx: Ctx, open: OpenSource, key: string, schema: StoredSchema): Promise<void> {
  const { enabled, ttlMs } = open.cache.schema;
  if (!enabled) return;
  schemaMemory().set(key, { schema });
  const leftMs = Date.parse(schema.fetchedAt) + ttlMs - ctx.clock.now();
  if (leftMs > 0) await writeShared(key, schema, leftMs);
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
