import type { Ctx } from '../access';
import { requirePermission } from '../access';
import type { Catalogue } from '../adapters/contract';
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

/** The newest version as it was read, without what is inferred: fingerprints and built-in texts are made of this. */
async function latestVersion(ctx: Ctx, dataSourceId: string): Promise<{ fingerprint: string; catalogue: Catalogue } | null> {
  const row = await ctx.db.schemaVersion.findFirst({
    where: { dataSourceId },
    orderBy: { version: 'desc' },
    select: { fingerprint: true, catalogue: true },
  });
  return row && { fingerprint: row.fingerprint, catalogue: row.catalogue as unknown as Catalogue };
}
