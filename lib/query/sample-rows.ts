import type { Ctx } from '../access';
import { QuarryError } from '../kernel/errors';
import { getSchema, tableKey } from '../schema';
import { openSource } from '../sources';
import { runQuery } from './pipeline';
import type { QueryResult } from './types';

/** Rows that show what a table holds. */
const SAMPLE_ROWS = 20;

/**
 * The first rows of a table, through the execution path like every other query: limits, policy and history hold.
 * @param table its key: "public.orders"
 * @throws QuarryError not_found (source or table), and whatever a query throws
 */
export async function sampleRows(ctx: Ctx, dataSourceId: string, table: string): Promise<QueryResult> {
  const open = await openSource(ctx, dataSourceId);
  const { catalogue } = await getSchema(ctx, open, { all: true });
  const found = catalogue.tables.find((candidate) => tableKey(candidate) === table);
  if (!found) throw new QuarryError('not_found', `This source has no table ${table}.`);
  const { dialect } = open.adapter;
  const ref = found.schema === undefined ? { name: found.name } : { schema: found.schema, name: found.name };
  const query = dialect.pipeline
    ? dialect.pipeline.text(ref, [])
    : `SELECT * FROM ${dialect.qualify(ref, catalogue.defaultSchema)}`;
  return runQuery(ctx, { dataSourceId, query, limit: SAMPLE_ROWS });
}
