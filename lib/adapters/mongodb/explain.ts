import type { Cell, ExplainPlan } from '../contract';
import type { MongoConnection } from './connection';
import type { Operation } from './statement';
import { wholeNumber } from './values';

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
  const limit = wholeNumber(operation.parts.get('limit')?.value) || Number.MAX_SAFE_INTEGER;
  const unfiltered = operation.kind === 'find' && !operation.parts.has('filter');
  return { estimatedRowsRead: documents, ...(unfiltered ? { estimatedRows: Math.min(documents, limit) } : {}) };
}

function readsEverything(plan: Cell): boolean {
  if (Array.isArray(plan)) return plan.some(readsEverything);
  if (typeof plan !== 'object' || plan === null) return false;
  return Object.entries(plan).some(([key, value]) =>
    key === 'rejectedPlans' ? false : key === 'stage' ? value === 'COLLSCAN' : readsEverything(value),
  );
}
