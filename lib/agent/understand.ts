import type { Ctx } from '../access';
import type { Adapter, Catalogue, CatalogueTable } from '../adapters/contract';
import { getAdapter } from '../adapters/registry';
import { listTurns } from '../conversations';
import { settings } from '../kernel/settings';
import { linkTables, type PlannedQuery, plannedQuerySchema } from '../planner';
import { getSchema, type SchemaView } from '../schema';
import { type OpenSource, openSource, type SourceSummary } from '../sources';
import type { Turn } from './prompt';
import { getValueSamples, type ValueSamples } from './value-samples';

/** What is known before a query is written. */
export interface Understanding {
  /** The source as it was when its schema was read. */
  open: OpenSource;
  adapter: Adapter;
  schema: SchemaView;
  catalogue: Catalogue;
  samples: ValueSamples;
  /** Tables for the question, most relevant first, with join paths [D8]. */
  linked: CatalogueTable[];
  turns: Turn[];
  /** The built-in planner's plan of the last answer, which a follow-up starts from. */
  previousPlan: PlannedQuery | null;
}

/** Reads schema, real values and the conversation so far, and links the question to tables. */
export async function understand(
  ctx: Ctx,
  source: SourceSummary,
  question: string,
  conversationId: string,
): Promise<Understanding> {
  const open = await openSource(ctx, source.id);
  const schema = await getSchema(ctx, open);
  const [samples, turns] = await Promise.all([getValueSamples(ctx, source, schema), listTurns(ctx, conversationId)]);
  const { catalogue } = schema;
  // A follow-up ("only those in Canada") names no table: the words of the turn before count too.
  const last = turns.at(-1);
  const { tables } = linkTables(last ? `${last.question} ${question}` : question, catalogue, {
    max: settings().maxTablesInContext,
    values: samples.index,
  });
  return {
    open,
    adapter: getAdapter(source.type),
    schema,
    catalogue,
    samples,
    linked: tables,
    turns,
    previousPlan: plannedQuerySchema.safeParse(last?.plan).data ?? null,
  };
}
