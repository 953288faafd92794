import type { Ctx } from '../access';
import { SingleFlight } from '../cache';
import { raiseSchemaRevision } from '../catalogue';
import { QuarryError } from '../kernel/errors';
import { singleton } from '../kernel/singleton';
import { publish } from '../redis';
import { type OpenSource, openSource } from '../sources';
import { countRead, type RefreshReason } from './counters';
import { schemaChanged } from './events';
import { focusOn } from './focus';
import { findInMemory, findStored, keyOf } from './layers';
import { schemaMemory } from './memory';
import { readFromSource } from './read-source';
import type { SchemaLayer, SchemaView, StoredSchema } from './view';

interface Found {
  schema: StoredSchema;
  layer: SchemaLayer;
}

export interface GetSchemaOptions {
  /** true: every table, whatever was chosen. */
  all?: boolean;
}

/** How long the schema of a source that can't be reached is believed before it is tried again. */
const OUTAGE_MS = 15_000;

/**
 * The schema of a source, from the first layer that has it fresh: memory, Redis, builder database, source. A source that can't be
 * reached just now is answered from the builder database, however old; `fetchedAt` says so. Only chosen tables are in it. [D3]
 * @param source its id, or what openSource gave, which saves a look-up
 * @throws QuarryError not_found; source.unreachable and the like when nothing was ever read
 */
export async function getSchema(ctx: Ctx, source: string | OpenSource, options: GetSchemaOptions = {}): Promise<SchemaView> {
  const open = typeof source === 'string' ? await openSource(ctx, source) : source;
  const remembered = findInMemory(ctx, open);
  if (remembered) return toView(ctx, open, { schema: remembered, layer: 'memory' }, options);
  const { value } = await flights().share(keyOf(ctx, open), ctx.signal, (signal) => load(ctx, open, signal));
  return toView(ctx, open, value, options);
}

/**
 * Reads the schema from the source now, and keeps a new version when it changed.
 * @throws QuarryError not_found, and whatever connecting or reading the source throws
 */
export async function refreshSchema(
  ctx: Ctx,
  source: string | OpenSource,
  options: GetSchemaOptions & { reason?: RefreshReason } = {},
): Promise<SchemaView> {
  const open = typeof source === 'string' ? await openSource(ctx, source) : source;
  // Not shared with one in flight: that may have begun before the change that the caller knows of.
  const { schema } = await readFromSource(ctx, open, ctx.signal, options.reason ?? 'asked');
  return toView(ctx, open, { schema, layer: 'source' }, options);
}

/**
 * Says that the schema is known to have changed: the next getSchema, of any instance, reads the source.
 * @throws QuarryError not_found
 */
export async function invalidateSchema(ctx: Ctx, dataSourceId: string): Promise<void> {
  await openSource(ctx, dataSourceId);
  const select = { id: true, fingerprint: true } as const;
  const latest = await ctx.db.schemaVersion.findFirst({ where: { dataSourceId }, orderBy: { version: 'desc' }, select });
  if (!latest) return;
  await ctx.db.$transaction(async (tx) => {
    await tx.schemaVersion.updateMany({ where: { id: latest.id }, data: { fetchedAt: new Date(0) } });
    await raiseSchemaRevision(tx, dataSourceId);
  });
  await publish(schemaChanged, { organizationId: ctx.organization.id, dataSourceId, fingerprint: latest.fingerprint });
}

async function load(ctx: Ctx, open: OpenSource, signal: AbortSignal): Promise<Found> {
  const stored = await findStored(ctx, open);
  if (stored?.fresh) return stored;
  try {
    return { schema: (await readFromSource(ctx, open, signal, 'expired')).schema, layer: 'source' };
  } catch (error) {
    if (!stored || !isOutage(error)) throw error;
    ctx.log.warn(
      { dataSourceId: open.source.id, code: error.code },
      'schema is older than it should be: the source is not reachable',
    );
    schemaMemory().set(keyOf(ctx, open), { schema: stored.schema, believedUntil: ctx.clock.now() + OUTAGE_MS });
    return { ...stored, layer: 'database' };
  }
}

function toView(ctx: Ctx, open: OpenSource, { schema, layer }: Found, { all }: GetSchemaOptions): SchemaView {
  countRead(ctx, layer);
  const focused = focusOn(schema, all ? null : open.source.tables);
  return { ...focused.schema, layer, hiddenTables: focused.hiddenTables };
}

const flights = () => singleton('schema.flights', () => new SingleFlight<Found>());

function isOutage(error: unknown): error is QuarryError {
  return error instanceof QuarryError && (error.code.startsWith('source.') || error.code === 'pool.timeout');
}
