import type { Ctx } from '../access';
import { requirePermission } from '../access';
import { describeTable, fingerprintTable, tableKey } from '../catalogue';
import { QuarryError } from '../kernel/errors';
import { openSource } from '../sources';
import { forgetSchema, getSchema } from './get-schema';
import type { DescribeTableInput } from './schema';

/**
 * A person's description of a table, which wins over the built-in one and outlives changes of the table; null goes back. [D7]
 * @throws QuarryError not_found (source or table), access.denied
 */
export async function setDescription(ctx: Ctx, dataSourceId: string, input: DescribeTableInput): Promise<void> {
  requirePermission(ctx, 'schema.describe');
  const open = await openSource(ctx, dataSourceId);
  const { catalogue } = await getSchema(ctx, open);
  const table = catalogue.tables.find((candidate) => tableKey(candidate) === input.table);
  if (!table) throw new QuarryError('not_found', `This source has no table ${input.table}.`);
  const content = {
    text: input.text ?? describeTable(table),
    origin: input.text === null ? 'builtin' : 'person',
    fingerprint: fingerprintTable(table),
  };
  await ctx.db.$transaction(async (tx) => {
    await tx.tableDescription.deleteMany({ where: { dataSourceId, tableName: input.table, columnName: '' } });
    await tx.tableDescription.create({ data: { dataSourceId, tableName: input.table, ...content } });
  });
  forgetSchema(ctx, open);
}
