import type { Ctx } from '../access';
import { requirePermission } from '../access';
import type { Catalogue, CatalogueTable } from '../adapters/contract';
import { describeTable, fingerprintTable, raiseSchemaRevision, tableKey } from '../catalogue';
import { QuarryError } from '../kernel/errors';
import { publish } from '../redis';
import { openSource } from '../sources';
import { schemaChanged } from './events';
import type { DescribeTableInput } from './schema';

/**
 * A person's description of a table, which wins over the built-in one and outlives changes of the table; null goes back. [D7]
 * @throws QuarryError not_found (source or table), access.denied
 */
export async function setDescription(ctx: Ctx, dataSourceId: string, input: DescribeTableInput): Promise<void> {
  requirePermission(ctx, 'schema.describe');
  await openSource(ctx, dataSourceId);
  const latest = await latestVersion(ctx, dataSourceId);
  const table = latest?.catalogue.tables.find((candidate) => tableKey(candidate) === input.table);
  if (!latest || !table) throw new QuarryError('not_found', `This source has no table ${input.table}.`);
  const content = {
    text: input.text ?? describeTable(table),
    origin: input.text === null ? 'builtin' : 'person',
    fingerprint: fingerprintTable(table),
  };
  await ctx.db.$transaction(async (tx) => {
    await tx.tableDescription.deleteMany({ where: { dataSourceId, tableName: input.table, columnName: '' } });
    await tx.tableDescription.create({ data: { dataSourceId, tableName: input.table, ...content } });
    await raiseSchemaRevision(tx, dataSourceId);
  });
  await publish(schemaChanged, { organizationId: ctx.organization.id, dataSourceId, fingerprint: latest.fingerprint });
}

/**
 * Tables that a model has not described as they are now, and no person has: of those that were chosen, in the schema's order.
 * @throws QuarryError not_found
 */
export async function tablesToDescribe(ctx: Ctx, dataSourceId: string): Promise<CatalogueTable[]> {
  const { source } = await openSource(ctx, dataSourceId);
  const latest = await latestVersion(ctx, dataSourceId);
  const chosen = source.tables === null ? null : new Set(source.tables);
  const tables = latest?.catalogue.tables.filter((table) => !chosen || chosen.has(tableKey(table))) ?? [];
  const rows = await ctx.db.tableDescription.findMany({
    where: { dataSourceId, columnName: '', origin: { in: ['person', 'model'] } },
    select: { tableName: true, origin: true, fingerprint: true },
  });
  const kept = new Map(rows.map((row) => [row.tableName, row]));
  return tables.filter((table) => {
    const row = kept.get(tableKey(table));
    return !row || (row.origin === 'model' && row.fingerprint !== fingerprintTable(table));
  });
}

/** Keeps what a model wrote of tables, unless a person has written meanwhile. */
export async function keepModelDescriptions(
  ctx: Ctx,
  dataSourceId: string,
  written: readonly { table: CatalogueTable; text: string }[],
): Promise<void> {
  const rows = new Map(written.map(({ table, text }) => [tableKey(table), { text, fingerprint: fingerprintTable(table) }]));
  const latest = await latestVersion(ctx, dataSourceId);
  if (rows.size === 0 || !latest) return;
  await ctx.db.$transaction(async (tx) => {
    const where = { dataSourceId, columnName: '', tableName: { in: [...rows.keys()] } };
    const people = await tx.tableDescription.findMany({ where: { ...where, origin: 'person' }, select: { tableName: true } });
    for (const { tableName } of people) rows.delete(tableName);
    await tx.tableDescription.deleteMany({ where: { ...where, origin: { not: 'person' } } });
    await tx.tableDescription.createMany({
      data: [...rows].map(([tableName, row]) => ({ ...row, tableName, dataSourceId, origin: 'model' })),
    });
    await raiseSchemaRevision(tx, dataSourceId);
  });
  await publish(schemaChanged, { organizationId: ctx.organization.id, dataSourceId, fingerprint: latest.fingerprint });
}

/** The newest version as it was read, without what is inferred: fingerprints and built-in texts are made of this. */
async function latestVersion(ctx: Ctx, dataSourceId: string): Promise<{ fingerprint: string; catalogue: Catalogue } | null> {
  const row = await ctx.db.schemaVersion.findFirst({
    where: { dataSourceId },
    orderBy: { version: 'desc' },
    select: { fingerprint: true, catalogue: true },
  });
  return row && { fingerprint: row.fingerprint, catalogue: row.catalogue as unknown as Catalogue };
}
