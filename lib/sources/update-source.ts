import { type Ctx, requirePermission } from '../access';
import type { Adapter } from '../adapters/contract';
import { getAdapter } from '../adapters/registry';
import { withAudit } from '../audit';
import { recordSchemaVersion } from '../catalogue';
import { Prisma } from '../db';
import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { type Connected, connectAndIntrospect, pinHostKey } from './connect';
import { openConnection, type StoredConnection, sealConnection } from './credentials';
import { mergeConnection } from './merge-connection';
import { asConflict, refuseTakenName } from './names';
import type { PoolRecipe } from './open-pool';
import { pools } from './pools';
import { testReplica } from './replica';
import type { UpdateSourceInput } from './schema';
import { announceChange } from './source-changed';
import {
  environmentOf,
  getSourceRow,
  ownerOf,
  type SourceRow,
  settingsOf,
  summariseConnection,
  summariseRow,
} from './source-row';
import type { SourceSummary, TestReport } from './types';

/**
 * Changes a source. A changed connection is tested first; a failed test changes nothing. What concerns connections (connection,
 * access, pool) makes a new credential version, and with it a new pool; the old one lets its running queries end. [A13]
 * @returns the source, with the test's findings when the connection changed
 * @throws QuarryError not_found, conflict (name taken, or somebody else changed the source meanwhile), and whatever the test finds
 */
export async function updateSource(
  ctx: Ctx,
  id: string,
  input: UpdateSourceInput,
): Promise<SourceSummary & { test?: TestReport }> {
  requirePermission(ctx, 'source.manage');
  const row = await getSourceRow(ctx, id);
  const environment = await environmentOf(ctx, row);
  if (input.name !== undefined && input.name !== row.name) await refuseTakenName(ctx, environment, input.name);
  const change = await prepareChange(ctx, row, input);
  try {
    const updated = await save(ctx, row, input, change);
    applyToPools(ctx, updated, change);
    return { ...summariseRow(updated, environment), ...(change?.connected ? { test: change.connected.test } : {}) };
  } catch (error) {
    await change?.connected?.pool.drain(0);
    throw asConflict(error, environment, input.name ?? row.name);
  }
}

interface ConnectionChange {
  version: number;
  sealed: Awaited<ReturnType<typeof sealConnection>>;
  summary: Prisma.InputJsonObject;
  /** Only when the connection itself changed. */
  connected: Connected | null;
}

/** Null when nothing that concerns connections changes. */
async function prepareChange(ctx: Ctx, row: SourceRow, input: UpdateSourceInput): Promise<ConnectionChange | null> {
  if (!input.connection && !input.access && !input.pool && input.replica === undefined) return null;
  if (input.connection && row.sample !== null) {
    throw new QuarryError(
      'input.invalid',
      'This is a sample source: its connection is made by Quarry. Add your own database as a new source.',
    );
  }
  const adapter = getAdapter(row.type);
  const stored = await openStored(ctx, row, adapter, input.connection);
  const wanted = input.connection ? mergeConnection(adapter, stored, input.connection) : stored;
  const recipe = recipeOf(ctx, row, input, adapter, wanted);
  if (input.replica) await testReplica(ctx, recipe, input.replica);
  const connected = input.connection ? await connectAndIntrospect(ctx, recipe) : null;
  const version = row.credentialVersion + 1;
  const kept = connected ? { ...wanted, ssh: pinHostKey(wanted.ssh, connected) } : wanted;
  const sealed = await sealConnection(ctx.organization.id, row.id, version, kept);
  return { version, sealed, summary: { ...summariseConnection(adapter, kept) }, connected };
}

/**
 * The stored connection. One that can't be opened any more is empty when the change brings a whole one: entering it again is what
 * the error asks people to do.
 */
async function openStored(
  ctx: Ctx,
  row: SourceRow,
  adapter: Adapter,
  change: UpdateSourceInput['connection'],
): Promise<StoredConnection> {
  try {
    return await openConnection(ctx, row.id, adapter);
  } catch (error) {
    const lost = error instanceof QuarryError && (error.code === 'vault.corrupt' || error.code === 'vault.key_missing');
    const whole = (change?.uri ?? change?.host ?? change?.file) !== undefined;
    if (lost && whole) return { config: null, ssh: null };
    throw error;
  }
}

function recipeOf(
  ctx: Ctx,
  row: SourceRow,
  input: UpdateSourceInput,
  adapter: Adapter,
  { config, ssh }: StoredConnection,
): PoolRecipe {
  const now = settingsOf(row);
  return {
    organizationId: ctx.organization.id,
    adapter,
    config,
    ssh,
    pool: input.pool ?? now.pool,
    allowWrites: (input.access ?? now.access) === 'read-write',
    sample: row.sample !== null,
  };
}

async function save(ctx: Ctx, row: SourceRow, input: UpdateSourceInput, change: ConnectionChange | null): Promise<SourceRow> {
  const { id, credentialVersion } = row;
  return withAudit(ctx, async (tx) => {
    const { count } = await tx.dataSource.updateMany({
      where: { id, credentialVersion, deletedAt: null },
      data: {
        ...(input.name === undefined ? {} : { name: input.name }),
        ...(input.access === undefined ? {} : { access: input.access }),
        ...(input.pool === undefined ? {} : { poolSettings: input.pool }),
        ...(input.limits === undefined ? {} : { limits: input.limits }),
        // Another epoch: what was kept under the old rules isn't found again.
        ...(input.cache === undefined ? {} : { cacheSettings: { ...input.cache, epoch: newId() } }),
        ...(input.replica === undefined ? {} : { replica: input.replica ?? Prisma.DbNull }),
        ...(input.tables === undefined ? {} : { tables: input.tables ?? Prisma.DbNull }),
        ...(change ? { credentialVersion: change.version, summary: change.summary } : {}),
      },
    });
    if (count === 0)
      throw new QuarryError(
        'conflict',
        'Somebody else changed this source at the same time. Look at it again, then repeat your change.',
      );
    if (change) {
      await tx.credential.create({ data: change.sealed });
      await tx.credential.deleteMany({ where: { dataSourceId: id, version: { lt: change.version } } });
    }
    if (change?.connected) await recordSchemaVersion(tx, id, change.connected.catalogue, ctx.clock);
    const updated = await tx.dataSource.findFirstOrThrow({ where: { id } });
    const detail = { name: updated.name, changed: Object.keys(input) };
    return { result: updated, event: { action: 'source.update', target: id, outcome: 'ok', detail } };
  });
}

function applyToPools(ctx: Ctx, row: SourceRow, change: ConnectionChange | null): void {
  const owner = ownerOf(row);
  if (change?.connected) {
    const { pool, size } = change.connected;
    pools().adopt(owner, { ...size, pool, name: row.name, credentialVersion: change.version }, ctx.clock);
  } else if (!change) pools().rename(owner, row.name);
  // Here and in every other process: what was opened before the change lets its running queries end, and closes.
  if (change) void announceChange(row);
}
