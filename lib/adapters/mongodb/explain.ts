import type { Cell, ExplainPlan } from '../contract';
import type { MongoConnection } from './connection';
import type { Operation } from './operation';
import { Doc, List, wholeNumber } from './values';

/**
 * What the plan says of the work: MongoDB's planner estimates no rows, but a plan that reads a whole collection reads as many documents as
 * the collection has, and that is known.
 */
export async function estimates(
  connection: MongoConnection,
  operation: Operation,
  plan: Cell,
): Promise<Pick<ExplainPlan, 'estimatedRows' | 'estimatedRowsRead'>> {
  if (operation.collection === null || !readsEverything(plan)) return {};
  const { n } = await connection.ask({ count: operation.collection });
  const documents = Number(n);
  const first = unfilteredLimit(operation);
  if (first === null) return { estimatedRowsRead: documents };
  const given = Math.min(documents, first);
  return { estimatedRowsRead: given, ...(operation.kind === 'find' ? { estimatedRows: given } : {}) };
}

/** How many documents are looked at by a query that takes the first there are; null when it must look at each. */
function unfilteredLimit({ kind, parts }: Operation): number | null {
  const whole = (name: string) => wholeNumber(parts.get(name)?.value) ?? 0;
  if (kind === 'find') {
    const filter = parts.get('filter')?.value;
    if ((filter instanceof Doc && filter.entries.length > 0) || parts.has('sort')) return null;
    return whole('limit') === 0 ? Number.MAX_SAFE_INTEGER : whole('limit') + whole('skip');
  }
  const pipeline = parts.get('pipeline')?.value;
  const stage = pipeline instanceof List ? pipeline.items[0]?.value : undefined;
  return stage instanceof Doc ? (wholeNumber(stage.get('$limit')?.value) ?? null) : null;
}

function readsEverything(plan: Cell): boolean {
  if (Array.isArray(plan)) return plan.some(readsEverything);
  if (typeof plan !== 'object' || plan === null) return false;
  return Object.entries(plan).some(([key, value]) =>
    key === 'rejectedPlans' ? false : key === 'stage' ? value === 'COLLSCAN' : readsEverything(value),
  );
}
