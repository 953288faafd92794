import type { Ctx } from '../access';
import type { Catalogue } from '../adapters/contract';
import { type RecordedSchema, recordSchemaVersion, withInferredForeignKeys } from '../catalogue';
import { Prisma } from '../db';
import { settings } from '../kernel/settings';
import { publish } from '../redis';
import type { OpenSource } from '../sources';
import { countRefresh, type RefreshReason } from './counters';
import { schemaChanged } from './events';
import { keepCopies, keyOf } from './layers';
import type { StoredSchema } from './view';

/**
 * Reads a source's schema from the source itself, keeps a version if it changed, leaves copies in the upper layers, and tells the other
 * instances. Bounded by QUERY_TIMEOUT.
 * @throws QuarryError whatever connecting or reading the source throws
 */
export async function readFromSource(
  ctx: Ctx,
  open: OpenSource,
  signal: AbortSignal,
  reason: RefreshReason,
): Promise<{ schema: StoredSchema; changed: boolean }> {
  const started = performance.now();
  const dataSourceId = open.source.id;
  countRefresh(ctx, reason);
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(settings().queryTimeoutMs)]);
    const catalogue = await introspect(open, bounded);
    const recorded = await record(ctx, dataSourceId, catalogue);
    const { version, fingerprint, changed } = recorded;
    const schema: StoredSchema = {
      version,
      fingerprint,
      fetchedAt: recorded.fetchedAt.toISOString(),
      catalogue: withInferredForeignKeys(recorded.catalogue),
      descriptions: recorded.descriptions,
    };
    if (changed) {
      countRefresh(ctx, 'changed');
      await publish(schemaChanged, { organizationId: ctx.organization.id, dataSourceId, fingerprint });
    }
    // After the message, which lets go of older copies here too.
    await keepCopies(ctx, open, keyOf(ctx, { ...open, schemaRevision: recorded.revision }), schema);
    const durationMs = Math.round(performance.now() - started);
    ctx.log.info(
      { dataSourceId, reason, version, changed, tables: catalogue.tables.length, durationMs },
      'schema read from its source',
    );
    return { schema, changed };
  } catch (error) {
    countRefresh(ctx, 'failed');
    throw error;
  }
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
