import type { Ctx } from '../access';
import { openSource } from '../sources';
import { getSchema, refreshSchema } from './get-schema';
import { type SchemaAnswer, schemaAnswer } from './view';

/**
 * A source's schema for the HTTP contract.
 * @param options.all also tables that weren't chosen, each with `chosen`
 * @param options.refresh from the source, now
 * @throws QuarryError not_found, and whatever reading the source throws
 */
export async function readSchema(
  ctx: Ctx,
  dataSourceId: string,
  options: { all?: boolean; refresh?: boolean } = {},
): Promise<SchemaAnswer> {
  const open = await openSource(ctx, dataSourceId);
  const view = await (options.refresh ? refreshSchema(ctx, open, options) : getSchema(ctx, open, options));
  return schemaAnswer(view, options.all ? open.source.tables : undefined);
}
