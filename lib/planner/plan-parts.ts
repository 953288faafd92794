/** Small pieces that every part of the assembly uses. */
import type { ColumnRef, CompareOperator, Condition, Expression, Plan } from './schema';

/** A reason why the sketch can't be a plan, as a sentence. */
export class CannotPlan extends Error {}

export const OPPOSITE: Record<CompareOperator, CompareOperator> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};
export const sameRef = (a: ColumnRef, b: ColumnRef): boolean => a.table === b.table && a.column === b.column;

export function emptyPlan(from: string, select: Expression[]): Plan {
  return { select, distinct: false, from, joins: [], where: [], groupBy: [], having: [], orderBy: [], limit: null };
}

export function refsOf(expression: Expression): ColumnRef[] {
  if (expression.kind === 'column' || expression.kind === 'period') return [expression.column];
  if (expression.kind === 'aggregate') return [expression.column, expression.times].filter((ref) => ref !== undefined);
  if (expression.kind === 'arithmetic') return [...refsOf(expression.left), ...refsOf(expression.right)];
  return [];
}

/** What a condition is about; a range's two halves are about the same. */
export function leftOf(condition: Condition | undefined): Expression | null {
  if (!condition) return null;
  if (condition.kind === 'any' || condition.kind === 'all') return leftOf(condition.items[0]);
  return condition.kind === 'member' ? null : condition.left;
}

export function usesTable(conditions: readonly Condition[], table: string): boolean {
  return conditions.some((condition) => {
    if (condition.kind === 'any' || condition.kind === 'all') return usesTable(condition.items, table);
    if (condition.kind === 'member') return condition.column.table === table;
    return refsOf(condition.left).some((ref) => ref.table === table);
  });
}
